"""The level a piece of work is done at, read from the words that describe it.

A list of words, not a fitted model: what people do at the bottom of a ladder (assist, record, serve) and at its top
(design, analyse, coordinate) is said with much the same words everywhere.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from matching.engine.text import stem, words

_ROUTINE = """
    administrasi antar arah arsip asisten assistant bantu bersih cashier catat cek crew damping dasar display dokumen
    dukung entri entry filing foto fotokopi gudang harian helper hidang housekeeping input instruksi isi jaga kasir kemas
    ketik kitchen kurir label layan observasi operator packing parkir posting promosi rapi receptionist rekap resepsionis
    rutin saji scan sederhana siap sortir staf stok support surat tamu telepon terima unggah upload waiter waitress
"""
_DEMANDING = """
    advanced algoritma analisis architect architecture arsitektur assessment audit backend bijak bisnis business dashboard
    desain design development engineer engineering evaluasi forecast framework governance implementasi inovasi insight
    integrasi investigasi kaji kebijakan kelola kembang kendali kompleks konsultan consultant koordinasi koordinator kpi
    lead leader learning lintas machine manajemen mandiri mitigasi model negosiasi optimalisasi optimasi optimization
    pemodelan pimpin pipeline project proyek rancang rencana research riset risiko risk roadmap rumus solusi
    stakeholder standar strategi strategis supervisi tata teliti uji validasi
"""
ROUTINE = frozenset(stem(word) for word in _ROUTINE.split())
DEMANDING = frozenset(stem(word) for word in _DEMANDING.split())
SHORT = 10  # texts of fewer words than this say little


def demand(text: str) -> float:
    """From -1 (routine throughout) to 1 (demanding throughout); near 0 where a text does not tell."""
    return demand_of(feature for feature, _ in words(text))


def demand_of(features: Iterable[str]) -> float:
    """The same of a text that has been read into words already."""
    counts = Counter(features)
    weight = {feature: 1.0 + math.log(count) for feature, count in counts.items()}
    high = sum(value for feature, value in weight.items() if feature in DEMANDING)
    low = sum(value for feature, value in weight.items() if feature in ROUTINE)
    return (high - low) / (sum(weight.values()) + SHORT)
