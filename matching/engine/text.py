"""Indonesian text, mixed with English, as weighted words: normaliser, light stemmer and TF-IDF.

The stemmer is our own and knows no dictionary of the language. It takes off affixes by rule, undoes the nasal that a
prefix melts into the root (mengirim -> kirim, penulisan -> tulis), and consults short lists only where the rule alone
cannot tell two roots apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from matching.engine.english import looks_english, stem_english

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CLUSTER = re.compile("(?s:.)[\u0300-\u036f]*")
_HAS_LETTER = re.compile(r"[^\W\d_]")


def _words(block: str) -> frozenset[str]:
    return frozenset(block.split())


INDONESIAN_STOP_WORDS = _words(
    """
    ada adalah adanya agar akan aku anda antara apa apabila apakah atas atau bagai bagaimana bagi bahkan bahwa banyak
    beberapa begitu belum berbagai berupa bila bisa boleh bukan dalam dan dapat dari daripada demi demikian dengan di dia
    dll dsb dst hal hanya harus hingga ia ialah ini itu jadi jika juga kami kamu kan karena ke kecuali kemudian kepada
    kita lagi lah lain lainnya lalu lebih maka masih maupun melalui mengenai menjadi menurut mereka merupakan meski
    mungkin nya oleh pada para per pernah pula pun saat saja sama sambil sampai sangat saya sebagai sebelum sebuah
    secara sedang sehingga sejak selain selalu seluruh semua seorang seperti serta sesuai sesudah setelah setiap siapa
    suatu sudah supaya tanpa tapi telah tentang terhadap tersebut tetapi tiap tidak untuk walau yaitu yakni yang
    """
)
ENGLISH_STOP_WORDS = _words(
    """
    a about all also an and any are as at be been but by can for from has have if in into is it its may more not of on
    or other our so such than that the their them then there these they this those through to was we were what when
    which while who will with within you your
    """
)
STOP_WORDS = INDONESIAN_STOP_WORDS | ENGLISH_STOP_WORDS

# One spelling for words of the field that rules or spelling habits would keep apart, and abbreviations written out.
SYNONYMS: dict[str, tuple[str, ...]] = {
    source: tuple(target.split())
    for source, target in (
        line.split(" = ")
        for line in """
        adm = administrasi
        admin = administrasi
        administration = administrasi
        administrative = administrasi
        administratif = administrasi
        analisa = analisis
        analysis = analisis
        analyst = analisis
        analis = analisis
        aktifitas = aktivitas
        aparatur = aparatur
        apbd = anggaran daerah
        asn = aparatur negara
        bimtek = bimbingan teknis
        bumn = usaha negara
        database = basis data
        diklat = pendidikan pelatihan
        dokumen = dokumentasi
        humas = hubungan masyarakat
        informatics = informatika
        intern = magang
        internship = magang
        it = teknologi informasi
        jarkom = jaringan komputer
        k3 = keselamatan kesehatan kerja
        kepegawaian = pegawai
        keu = keuangan
        komunikasi = komunikasi
        communication = komunikasi
        lapangan = lapangan
        manajer = manajemen
        management = manajemen
        manager = manajemen
        medsos = media sosial
        monev = monitoring evaluasi
        opd = perangkat daerah
        organization = organisasi
        pbj = pengadaan barang jasa
        pemagangan = magang
        pemda = pemerintah daerah
        pemerintahan = pemerintah
        pemkot = pemerintah kota
        pengadministrasi = administrasi
        programer = program
        programmer = program
        programming = program
        pkl = magang
        ppid = pejabat informasi dokumentasi
        rs = rumah sakit
        rsud = rumah sakit daerah
        sdm = sumber daya manusia
        skp = sasaran kinerja pegawai
        sop = prosedur
        spbe = pemerintah elektronik
        staf = staf
        staff = staf
        tik = teknologi informasi komunikasi
        tu = tata usaha
        umkm = usaha mikro kecil menengah
        """.strip().splitlines()
    )
    for source, target in ((source.strip(), target.strip()),)
}

_VOWELS = frozenset("aiueo")
_SYLLABLE = re.compile(r"(?:ai|au|oi|[aiueo])")

# Words that begin or end like an affix but are whole.
_WHOLE = _words(
    """
    anggaran antara awan bahan bahkan bangunan beasiswa berita beranda berlian bidan dekan delegasi depan desain dewan
    digital dimensi dinas direksi direktur direktorat disain disiplin diskusi distribusi dividen ikan industri intan
    iuran jaringan kawan kayawan kegiatan kelas keluarga kemas kepala kerajaan kertas ketua koran lapangan lawan makan
    meja media medan melati menara menteri menu mesin metode pahlawan pangan papan pasukan pekan pelan pemerintah pena
    pendapatan penting peran perangkat perempuan periksa perintah perkara perlu permata pernah persen persero
    pertama perusahaan pesan pesawat peserta pesisir peta petang pewarna rekan roman satuan sekretaris sekolah selatan
    sedan bimbing banding penting dinding samping saring asing daging keliling pengalaman taman tangan teman tenaga tentang terampil terapi terima terjemah terminal tersier tulisan wawasan wartawan
    """
)
_SHORT_FORM = {
    "bangunan": "bangun",
    "jaringan": "jaring",
    "kegiatan": "giat",
    "pendapatan": "dapat",
    "perusahaan": "usaha",
    "peserta": "serta",
    "satuan": "satu",
    "tulisan": "tulis",
    "anggaran": "anggar",
    "pelajar": "ajar",
    "pelajaran": "ajar",
    "lapangan": "lapang",
    "memakan": "makan",
    "menaikkan": "naik",
    "keamanan": "aman",
    "pengamanan": "aman",
    "mengamankan": "aman",
    "diamankan": "aman",
}

# Roots in k after meng-/peng- (the rule alone reads a vowel), in m after mem-/pem- (else p), in n after men-/pen- (else t).
_ROOT_K = _words(
    """
    kabar kacau kaji kaitan kait kalah kalibrasi kampanye kandung karang karya kasih kategori kecil kejar kelola kelompok
    keluar keluh kemas kembang kembali kemudi kenal kena kendali kendara kerah kerja keras ketahui ketik kirim kisah
    klasifikasi klaim kolaborasi koleksi komersial komposisi kompilasi komunikasi konfigurasi konsep konsultasi kontrol
    koordinasi koordinir koreksi korban kuat kuasa kualifikasi kubur kuliah kumpul kumpulkan kunjung kunci kupas kurang
    kurator kutip kulit kondisi kombinasi konversi konstruksi komando kelupas kepung kosong kotor kursus
    """
)
_ROOT_M = _words("magang main makan makna maklum masak masuk mati milik minat mohon muat mulai musim musnah")
_ROOT_N = _words("nama nanti nasihat nikah nikmat nilai niaga normalisasi nyata nyala")
# Roots that end in k, so that -an and not -kan follows; and roots that end in i.
_ROOT_FINAL_K = _words(
    """
    baik balik bank banyak batik bentuk bijak cek cetak didik duduk fisik gerak jejak kontrak lacak layak letak
    masak masuk milik naik pajak pasok petik pihak pokok rusak rujuk tarik tegak ternak tindak tolak tunjuk
    """
)
_ROOT_FINAL_I = _words(
    """
    administrasi ahli alami bakti bukti budi cari didaktisi energi gali ganti hadiri industri isi jadi kaji kendali
    koneksi koperasi koreksi kunci mandiri materi negeri nutrisi organisasi peduli pilih polisi potensi pribadi puji
    mulai nilai pakai rinci rugi saksi sanksi seksi seleksi seni strategi supervisi studi teliti teknologi terapi transaksi uji
    """
)
# Roots that end in -an themselves, and roots in s that take -i (other words in -si are whole: evaluasi, koordinasi).
_ROOT_FINAL_AN = _words("badan beban bulan iklan jalan kawan layan simpan impan")
_ROOT_S_I = ("awasi", "atasi", "batasi", "tugasi", "aksesi")
# Roots in r, which pe- and not per- precedes.
_ROOT_R = _words("raih rakit ramal rancang rawat rekam rekrut rencana ringkas rintis riset rumus rusak")
_AFTER_PE = _words("tani ternak tugas kerja dagang serta cinta daftar jalan juang gawai jabat sakit tenun tinju")


def _syllables(word: str) -> int:
    return len(_SYLLABLE.findall(word))


def _prefixes(word: str) -> Iterator[str]:
    """What is left of a word when one derivational prefix is taken off, the likeliest reading first."""
    head = word[:2]
    if head in ("me", "pe"):
        rest = word[2:]
        if rest.startswith("ny") and rest[2:3] in _VOWELS:
            yield "s" + rest[2:]
        elif rest.startswith("ng"):
            root = rest[2:]
            if root[:1] in _VOWELS:
                if root[0] == "e" and _syllables(root[1:]) == 1:  # mengecek, pengelasan: e only carries the nasal
                    yield root[1:]
                yield from _either("k" + root, root, _ROOT_K)
            else:
                yield root
        elif rest.startswith("mper"):
            yield rest[4:]
            yield rest[1:]
        elif rest.startswith("m"):
            root = rest[1:]
            if root[:1] in _VOWELS:
                yield from _either("m" + root, "p" + root, _ROOT_M)
            elif root[:1] in "bfpv":
                yield root
        elif rest.startswith("n"):
            root = rest[1:]
            if root[:1] in _VOWELS:
                yield from _either("n" + root, "t" + root, _ROOT_N)
            elif root[:1] in "cdjtsz":
                yield root
        elif word == "pembelajaran" or word.startswith("pelajar"):
            yield "ajar"
        elif head == "pe" and rest.startswith("r") and len(rest) > 1:
            yield from _either(rest, rest[1:], _ROOT_R)
        elif rest[:1] in "lrwy" or rest.startswith(("m", "n") if head == "me" else tuple(_AFTER_PE)):
            yield rest
    elif word.startswith(("ber", "belajar")):
        yield word[3:]
    elif word.startswith(("beker", "beter")):
        yield word[2:]
    elif word.startswith(("ter", "per")):
        yield word[3:]
    elif head == "di":
        yield word[2:]


def _either(listed: str, default: str, roots: frozenset[str]) -> Iterator[str]:
    """The listed reading when the word, suffix or not, begins with one of the roots, else the default."""
    if any(listed.startswith(root) for root in _by_initials(roots).get(listed[:3], ())):
        yield listed
    else:
        yield default


@lru_cache(maxsize=8)
def _by_initials(roots: frozenset[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for root in sorted(roots):
        table.setdefault(root[:3], []).append(root)
    return {initials: tuple(found) for initials, found in table.items()}


def _ends_with_root(word: str, roots: frozenset[str]) -> bool:
    """Whether a listed root ends the word; a prefix may have melted the first letter of a longer one."""
    return any(word.endswith(root[1:] if len(root) > 4 and root[0] in "kmpst" else root) for root in roots)


def _without_suffix(word: str, *, verbal: bool) -> str:
    """Take off -kan, -an or -i. `verbal` says that a me-, di- or ter- before it allows -i."""
    if word.endswith(tuple(_ROOT_FINAL_AN)):
        return word
    if word.endswith("kan") and _ends_with_root(word[:-2], _ROOT_FINAL_K):
        return word[:-2]
    if word.endswith("kan") and _syllables(word[:-3]) >= 2:
        return word[:-3]
    if word.endswith("an") and _syllables(word[:-2]) >= 2:
        return word[:-2]
    if verbal and word.endswith("i") and _syllables(word[:-1]) >= 2:
        whole = (word.endswith("si") and not word.endswith(_ROOT_S_I)) or _ends_with_root(word, _ROOT_FINAL_I)
        return word if whole else word[:-1]
    return word


def _english(word: str) -> str:
    """Plural and the commonest endings of English words in mixed text."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("ing") and _syllables(word[:-3]) >= 1 and word[-4] not in "aiueor":
        stem = word[:-3]
        return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls" else stem
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "os")):
        return word[:-1]
    return word


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The root of a lower-case word, as far as affixes tell. Short and listed words stay as they are."""
    if word in _SHORT_FORM:
        return _SHORT_FORM[word]
    if word in _WHOLE:
        return word
    if len(word) < 5 or not word.isalpha():
        return _english(word)
    if word.endswith("nya") and _syllables(word[:-3]) >= 2:
        return stem(word[:-3])
    if word.startswith("ke") and word.endswith("an") and (_syllables(word[2:-2]) >= 2 or word[2:-2] in _ROOT_FINAL_K):
        body = _without_suffix(word[2:], verbal=False)
    else:
        body = _without_suffix(word, verbal=word.startswith(("me", "di", "ter")))
    for _ in range(2):
        if body in _WHOLE or _syllables(body) < 2:
            break
        shorter = next(
            (rest for rest in _prefixes(body) if _syllables(rest) >= 2 or rest in _ROOT_FINAL_K),
            None,
        )
        if shorter is None or len(shorter) < 3:
            break
        body = shorter
    return _SHORT_FORM.get(body, body) if body != word else _english(word)


def normalise(text: str) -> str:
    """One spelling of the same characters: composed, lower case."""
    return unicodedata.normalize("NFC", text).lower()


def spans(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Each word of an Indonesian text: what it stands for (nothing for a stop word), where it starts and ends.

    The places are those of `text` as it is given, whichever way its accents are composed.
    """
    if unicodedata.is_normalized("NFC", text):
        for found in _WORD.finditer(text):
            yield _features(found.group().lower(), False), *found.span()
        return
    pieces = _CLUSTER.findall(text)  # a character with its accents
    composed, place, start = [], [], 0
    for piece in pieces:
        one = unicodedata.normalize("NFC", piece)
        composed.append(one)
        place += [start] * len(one)
        start += len(piece)
    place.append(start)
    for found in _WORD.finditer("".join(composed)):
        yield _features(found.group().lower(), False), place[found.start()], place[found.end()]


def words(text: str, language: str = "id") -> Iterator[tuple[str, str]]:
    """The (feature, original spelling) pairs of a text, in reading order. Stop words and bare numbers are left out.

    In an English collection (`language="en"`) words that look English are stemmed as English; elsewhere they are the
    guests of an Indonesian text and lose only what both languages agree on.
    """
    for found in _WORD.finditer(unicodedata.normalize("NFC", text)):
        original = found.group()
        for feature in _features(original.lower(), language == "en"):
            yield feature, original


@lru_cache(maxsize=200_000)
def _features(word: str, english: bool) -> tuple[str, ...]:
    """What one lower-case word stands for: usually its stem, for an abbreviation the stems of its words."""
    if word in STOP_WORDS:
        return ()
    if word in SYNONYMS:
        return tuple(stem(part) for part in SYNONYMS[word])
    if len(word) < 2 or not _HAS_LETTER.search(word):
        return ()
    root = stem_english(word) if english and looks_english(word) else stem(word)
    return tuple(stem(part) for part in SYNONYMS[root]) if root in SYNONYMS else (root,)


@lru_cache(maxsize=2_000)
def spellings(text: str) -> Mapping[str, str]:
    """For each feature of a text the word that a reader sees there first."""
    seen: dict[str, str] = {}
    for feature, original in words(text):
        seen.setdefault(feature, original)
    return seen


def language_of(texts: Iterable[str]) -> str:
    """The language that most stop words of a collection belong to: "en", or "id" also where there are none."""
    indonesian = english = 0
    for text in texts:
        for word in _WORD.findall(text.lower()):
            indonesian += word in INDONESIAN_STOP_WORDS
            english += word in ENGLISH_STOP_WORDS
    return "en" if english > indonesian else "id"


def _same(tokens: list[str]) -> list[str]:
    return tokens


class TextFeatures(TransformerMixin, BaseEstimator):
    """TF-IDF of Indonesian word stems: `fit` learns vocabulary and rarity, `transform` gives rows of length one.

    Repetition is damped (1 + log of the count) and only the first `max_characters` of a text are read, so that long or
    stuffed texts gain nothing by volume. `bigrams` adds pairs of neighbouring words as features. `broadest`: how many
    different words a text may have before it speaks of too much (see `focus`).
    """

    def __init__(
        self,
        *,
        min_df: int = 1,
        sublinear_tf: bool = True,
        max_characters: int = 20_000,
        language: str = "id",
        bigrams: bool = False,
        broadest: int = 120,
    ) -> None:
        self.min_df = min_df
        self.sublinear_tf = sublinear_tf
        self.max_characters = max_characters
        self.language = language
        self.bigrams = bigrams
        self.broadest = broadest

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn which words there are and how rare each is."""
        documents = self.documents(X)
        vectorizer = TfidfVectorizer(
            analyzer=_same,
            min_df=self.min_df,
            sublinear_tf=self.sublinear_tf,
            smooth_idf=True,
            norm="l2",
        )
        self.vectorizer_: TfidfVectorizer | None = None
        self.vocabulary_: dict[str, int] = {}
        counts: dict[str, int] = {}
        for document in documents:
            for token in set(document):
                counts[token] = counts.get(token, 0) + 1
        if any(count >= self.min_df for count in counts.values()):
            self.vectorizer_ = vectorizer.fit(documents)
            self.vocabulary_ = {term: int(column) for term, column in vectorizer.vocabulary_.items()}
        self.feature_names_ = sorted(self.vocabulary_, key=self.vocabulary_.__getitem__)
        return self

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:
        """Rows of TF-IDF weights; a text without a known word gives an empty row."""
        return self.from_words(self.documents(X))

    def from_words(self, documents: Sequence[Sequence[str]]) -> sparse.csr_matrix:
        """The same for texts that have been read into features already."""
        check_is_fitted(self, "vocabulary_")
        if self.vectorizer_ is None or not len(documents):
            return sparse.csr_matrix((len(documents), len(self.vocabulary_)))
        matrix = sparse.csr_matrix(self.vectorizer_.transform(documents))
        matrix.sort_indices()
        return matrix

    def focus(self, documents: Iterable[Sequence[str]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """How much each text counts: 1, and ever less the more different words beyond `broadest` it has.

        Few notices need 120; whoever lists all skills, or the dictionary, would otherwise be a little like everybody.
        """
        different = np.array([len(set(document)) for document in documents], dtype=np.float64)
        return np.minimum(1.0, self.broadest / np.maximum(different, 1.0)) ** 2

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray[Any, Any]:
        """The stems in column order."""
        check_is_fitted(self, "vocabulary_")
        return np.asarray(self.feature_names_, dtype=object)

    def documents(self, X: Iterable[str]) -> list[list[str]]:
        """Texts read into features, in reading order."""
        if isinstance(X, str):
            raise ValueError("give a sequence of texts, not one text")
        texts: Sequence[str] = list(X)
        for text in texts:
            if not isinstance(text, str):
                raise ValueError(f"a text must be a string, not {type(text).__name__}")
        return [self._tokens(text) for text in texts]

    def _tokens(self, text: str) -> list[str]:
        found = [feature for feature, _ in words(self._beginning(text), self.language)]
        return found + [f"{one} {other}" for one, other in pairwise(found)] if self.bigrams else found

    def _beginning(self, text: str) -> str:
        """As much of a text as is read, without half a word at the end."""
        if len(text) <= self.max_characters:
            return text
        return text[: self.max_characters + 1].rpartition(" ")[0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags
