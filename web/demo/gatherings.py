"""Hand-written slots of the kinds that every city has a few of: workshops of a group, days beside somebody at work, and
research with a university.

Each sentence names the city or the host, so that no two cities read the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gathering:
    """One slot that each city has, ``length`` days long; the group meets on each of the first ``days``. A partner of the
    kind ``host`` has it where the city has one; ``answers`` go by the questions of the slot's kind; a milestone
    is reached so many days after the first."""

    kind: str
    title: str
    text: str
    outcomes: tuple[tuple[str, int, int], ...]
    seats: int
    hours: int
    minimum: int = 1
    length: int = 1
    days: int = 0
    host: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    milestones: tuple[tuple[str, int, str], ...] = ()


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
        answers=(
            (
                "programme",
                "Hari pertama: memetakan keluhan dan simulasi loket. Hari kedua: menguji rancangan kepada warga. "
                "Peserta membawa satu contoh keluhan dari unitnya.",
            ),
        ),
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
        answers=(
            (
                "programme",
                "Pagi: membedah contoh. Siang: latihan dan rencana. Peserta membawa satu masalah kerja yang berulang.",
            ),
        ),
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
    Gathering(
        "research",
        "Riset bersama {mitra}: mengapa pengaduan warga {kota} berulang",
        "Tim kecil dari beberapa dinas {kota} meneliti bersama {mitra} mengapa pengaduan yang sama terus kembali. "
        "Peneliti {mitra} membimbing penyusunan pertanyaan riset, pengumpulan data, dan analisisnya, satu hari sepekan. "
        "Anggota tim tetap bekerja di unitnya dan menguji temuan awal bersama petugas layanan {kota}. "
        "Pada akhir riset, tim dan {mitra} menyerahkan ringkasan kebijakan dan himpunan data yang siap dipakai unit.",
        (("TEK-505-01", 1, 2), ("TEK-505-02", 1, 2)),
        seats=4,
        hours=6,
        minimum=2,
        length=61,
        host="university",
        answers=(
            (
                "problem",
                "Pengaduan yang sudah dijawab kembali lagi dalam tiga bulan. Unit layanan di {kota} perlu tahu pada "
                "langkah mana penyebabnya, dan apa yang dapat diubah tanpa tambahan anggaran.",
            ),
            (
                "team",
                "Satu ketua tim dari unit pengaduan, satu anggota untuk data, dua anggota untuk wawancara petugas.",
            ),
            (
                "outputs",
                "Ringkasan kebijakan empat halaman dan himpunan data tanpa identitas warga. Unit pengaduan memakainya "
                "untuk mengubah prosedur tindak lanjut.",
            ),
            (
                "data",
                "Data pengaduan tanpa nama, dengan izin kepala dinas. Hasil milik {kota} dan {mitra} bersama; terbitan "
                "menyebut keduanya.",
            ),
        ),
        milestones=(
            ("Pertanyaan dan izin data disepakati", 13, "Berita acara dan surat izin data"),
            ("Data terkumpul dan diperiksa", 34, "Himpunan data tanpa identitas warga"),
            ("Temuan awal diuji bersama petugas", 48, "Notula uji temuan"),
            ("Ringkasan kebijakan diserahkan", 60, "Naskah ringkasan kebijakan"),
        ),
    ),
)
