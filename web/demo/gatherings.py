"""Hand-written slots of the kinds that every city has a few of: workshops of a group, and days beside somebody at work.

Each sentence names the city or the host, so that no two cities read the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gathering:
    """One slot that each city has, ``length`` days long; the group meets on each of the first ``days``."""

    kind: str
    title: str
    text: str
    outcomes: tuple[tuple[str, int, int], ...]
    seats: int
    hours: int
    minimum: int = 1
    length: int = 1
    days: int = 0
    programme: str = ""


GATHERINGS = (
    Gathering(
        "workshop",
        "Lokakarya layanan publik yang ramah bersama {mitra}",
        "Dalam dua hari, peserta dari berbagai dinas {kota} memetakan keluhan warga dan menyusun perbaikan layanan. "
        "Praktisi {mitra} memandu simulasi loket, latihan mendengar, dan penyusunan standar layanan satu halaman. "
        "Setiap kelompok menguji rancangannya kepada warga {kota} yang diundang pada hari kedua. "
        "Peserta pulang dengan rencana tiga puluh hari yang diperiksa fasilitator {mitra}.",
        (("MAN-05", 1, 2), ("MAN-03", 1, 2)),
        seats=24,
        hours=12,
        minimum=10,
        length=2,
        days=2,
        programme="Hari pertama: memetakan keluhan dan simulasi loket. Hari kedua: menguji rancangan kepada warga. "
        "Peserta membawa satu contoh keluhan dari unitnya.",
    ),
    Gathering(
        "workshop",
        "Lokakarya memimpin perubahan kecil di unit kerja: {mitra}",
        "Lokakarya sehari ini mengajak pejabat dan ketua tim di {kota} memulai satu perubahan yang dapat selesai dalam "
        "sebulan. Fasilitator {mitra} membedah contoh yang berhasil dan yang gagal di instansi sejenis. "
        "Peserta berlatih menjelaskan alasan perubahan kepada rekan di {kota} yang ragu. "
        "Pada akhir hari, {mitra} menilai rencana setiap peserta dan memberi saran tertulis.",
        (("MAN-07", 1, 2), ("MAN-02", 1, 2)),
        seats=20,
        hours=8,
        minimum=8,
        days=1,
        programme="Pagi: membedah contoh. Siang: latihan dan rencana. Peserta membawa satu masalah kerja yang berulang.",
    ),
    Gathering(
        "shadowing",
        "Tiga hari mendampingi pengambil keputusan di {mitra}",
        "Peserta mendampingi {mentor} dari {mitra} sejak rapat pagi sampai penutupan hari, selama tiga hari. "
        "Ia mengamati cara {mentor} menetapkan prioritas, membaca laporan, dan menolak permintaan dengan sopan. "
        "Setiap sore peserta mencatat pengamatan dan membandingkannya dengan kebiasaan di kantornya di {kota}. "
        "Pada hari ketiga, {mentor} dan peserta menyepakati dua kebiasaan yang akan dicoba di {kota}.",
        (("MAN-08", 1, 2), ("MAN-04", 1, 2)),
        seats=2,
        hours=24,
        length=3,
    ),
)
