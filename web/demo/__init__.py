"""The demo world: five cities of made-up people, partners and slots, always fresh on the day it is built."""
