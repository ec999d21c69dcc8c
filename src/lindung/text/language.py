"""Which of our languages a text is in, by token, so that code-mixed text keeps all of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lindung.text.normal.fold import fold
from lindung.text.normal.word_loops import HAN, KANA, LATIN, OTHER, TAMIL
from lindung.text.rules.scanning import Hits, Vocabulary

# Words that hold sentences together; none says what a text is about.
FUNCTION_WORDS = {
    "en": """
        a an and are as at be been but by can could did do does for from had has have he
        her him his how i if in into is it its just me my no not of on or our out she
        should so than that the their them then there these they this to up us was we were
        what when where which who why will with would you your am about all after any
        because before more now only some too very here want
    """,
    "ms": """
        ada adalah aku anda apa atas atau awak bagi bahawa banyak belum berapa boleh bukan
        dah dalam dan dapat dari daripada dengan dia di hanya ialah ini itu jadi jangan
        juga kalau kami kamu ke kena kepada kerana kita la lagi lah mahu mana masih mereka
        nak nya oleh orang pada perlu pun saja sahaja saya sebab sebagai sedang semua sini
        siapa sudah tak tapi telah tetapi tiada tidak untuk yang ya yg utk dgn gak nggak
        aja bisa sudah buat sila hari saat sama lebih akan tu ni je kat
    """,
}  # fmt: skip
# The same of languages we have no basis in, written in Latin letters: es pt fr it, de nl, tl vi,
# tr, sw, pl hu, and Tamil romanised. Words that one of ours has too tell nothing by themselves, nor
# do single letters: they may be any word pulled apart.
ELSEWHERE = """
    el la los las un una unos de del al que en con por para como pero muy es esta este esto
    eso son era ser estar fue hay han ha he si no me te se su sus mi tu lo le les nos yo ella ellos
    cuando donde quien porque tambien hoy ayer antes despues todo todos nada algo sin sobre hasta
    os as um uma dos das do da nao em na nos com por ao sao foi ele eles eu voce meu minha seu sua
    isso este muito mais ja ate quando onde quem tambem tem ter vai hoje ontem ainda pra
    le les des du une et est dans qui pas ne pour sur avec ce cette ces son sa ses nous vous ils
    elle elles je on au aux mais ou ont sont plus tres bien tout tous fait ete avait comme moi toi
    il gli dei delle della nel nella di che non con sono era hai abbiamo questo questa anche
    molto piu mio mia suo sua noi voi loro perche dove oggi ieri ancora sotto
    der die das den dem des ein eine einen einem einer und ist nicht ich du er sie es wir ihr mich
    dich uns mit von zu zum zur auf fur im am an in aus bei nach vor uber unter wie was wer wo wann
    war sind hat haben habe noch auch aber oder wenn dass sein seine mein meine kein keine sehr nur
    het een van ik je hij zij ze wij we dat die dit niet met voor op te aan om bij naar uit ook maar
    of als nog wel zijn mijn was heb heeft hebben waar hoe geen meer
    ang ng mga sa na ay ako ikaw siya kami tayo kayo sila ko mo niya namin natin ninyo nila ba po
    opo hindi oo wala may mayroon kung kaya dahil pero lang din rin naman noong ito iyon yan dito
    doon para at si ni kay nang pag
    la va cua cho khong co mot nhung cac duoc nay toi ban anh chi em chung nguoi voi trong da se
    dang rat cung ve den di vao luc khi thi ma neu tu hay roi lai con nha ai gi
    ve bir bu su da de mi ne icin ile cok daha var yok ben biz siz onlar gibi ama degil olan
    olarak kadar sonra her en mi hangi nasil neden simdi bugun yarin cunku
    ya wa na kwa ni za la cha vya katika hii hiyo huyu yake yangu yako wetu wao sisi mimi wewe yeye
    lakini kama sana leo kesho jana tena kabla baada pia au bila kuna hapa huko nini nani
    i sie nie to jest na do ze jak co ale czy juz byl byla bylo ten ta te tego tym ktory ktora
    po od dla tak tylko mnie moj moja jego jej przez przed
    a az egy es nem hogy van volt is de meg mar csak ez azt mi ti en te ha vagy mint nagyon lesz
    naan nee avan aval naanga neenga unga enga ennoda un en illa irukku irukken irukkum romba epdi
    enna yaaru eppo inga anga vandhu poren poga panna panren seri thaan oru adhu idhu innum inniku
"""
_LEAST_LETTERS = 12
_WORD_LETTERS = 5  # of a Latin word, with a margin
_LEAST_SHARE = 25  # one word in so many must be one that tells
_NAMES = {"en": "English", "ms": "Malay or Indonesian", "zh": "Chinese", "ta": "Tamil"}
_EN, _MS, ELSEWHERE_ONLY = 1, 2, 4
KINDS = 8  # of words, by the sum of the languages that have them
# Why a post is not read, by the number `languages` gives; 0 where it is.
ABSTENTIONS = (
    None,
    "no basis to read this language: most letters are of another script",
    "no basis to read this language: its small words are of a language that is not supported",
    "no basis to read this language: hardly a word is known",
)


def kind_of_words(more: Mapping[str, Iterable[str]] = MappingProxyType({})) -> dict[str, int]:
    """Every word that tells a language, and the sum of those that have it: en 1, ms 2, others 4.

    `more` are words of a policy for `en` and `ms`.
    """
    elsewhere = {fold(word).text for word in ELSEWHERE.split()}
    kinds = dict.fromkeys(elsewhere, ELSEWHERE_ONLY)
    for code, bit in (("en", _EN), ("ms", _MS)):
        for word in {*FUNCTION_WORDS[code].split(), *more.get(code, ())}:
            kinds[word] = kinds.get(word, 0) | bit
    return kinds


def languages(
    scripts: NDArray[np.int32], words: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each post a bit mask (en 1, ms 2, zh 4, ta 8) and why it is not read (`ABSTENTIONS`).

    `scripts` counts letters per script, `words` has a column for each of the `KINDS` of words.
    There is no basis where letters are mostly of another script, where words of another language
    outnumber those that only ours have, and where a longer Latin text has hardly one of ours. A
    short one without words has nothing to be wrong about.
    """
    total = scripts.sum(axis=1)
    latin, han, kana = scripts[:, LATIN], scripts[:, HAN], scripts[:, KANA]
    telling = words[:, _EN] + words[:, _MS] + words[:, _EN | _MS]
    elsewhere = words[:, ELSEWHERE_ONLY]
    shared = words[:, ELSEWHERE_ONLY | _EN :].sum(axis=1)

    japanese = (kana * 5 >= han + kana) & (kana >= 3)
    foreign = ((scripts[:, OTHER] + kana) * 2 > total) | (japanese & ((han + kana) * 2 > total))
    foreign &= total >= _LEAST_LETTERS
    mostly_latin = (latin * 2 > total) & (total >= _LEAST_LETTERS)
    others = mostly_latin & (elsewhere >= 2) & (elsewhere > telling)
    unheard = (latin * 2 > total) & (latin >= 4 * _LEAST_LETTERS)
    unheard &= telling * _LEAST_SHARE * _WORD_LETTERS < latin
    unheard &= (telling == 0) | (elsewhere + shared == 0)

    mask = np.zeros(len(scripts), np.uint8)
    for bit, other in ((_EN, _MS), (_MS, _EN)):
        clear = words[:, bit] + words[:, _EN | _MS]
        perhaps = words[:, bit | ELSEWHERE_ONLY] + words[:, _EN | _MS | ELSEWHERE_ONLY]
        seen = (clear > 0) | ((perhaps > 0) & (words[:, other] == 0) & (elsewhere == 0))
        mask |= np.where(seen & ~others, bit, 0).astype(np.uint8)
    mask |= np.where((han > 0) & ~japanese, 4, 0).astype(np.uint8)
    mask |= np.where(scripts[:, TAMIL] > 0, 8, 0).astype(np.uint8)
    return mask, np.select([foreign, others, unheard], [1, 2, 3], 0).astype(np.uint8)


@functools.cache
def _vocabulary() -> tuple[Vocabulary, NDArray[np.uint8]]:
    kinds = kind_of_words()
    elsewhere = {word for word, kind in kinds.items() if kind == ELSEWHERE_ONLY}
    return Vocabulary(list(kinds), elsewhere), np.array(list(kinds.values()), np.uint8)


def count_words(
    folded: NDArray[np.uint32], starts: NDArray[np.int64], origin: NDArray[np.int32]
) -> NDArray[np.int32]:
    """How many words of each of the `KINDS` each folded post has."""
    vocabulary, kinds = _vocabulary()
    return count_kinds(vocabulary.scan(folded, starts, origin), kinds, len(starts) - 1)


def count_kinds(hits: Hits, kinds: NDArray[np.uint8], posts: int) -> NDArray[np.int32]:
    """How many of the hits in each post are of each kind; `kinds` gives a term's."""
    places = hits.post * np.int32(KINDS) + kinds[hits.term]
    counted = np.bincount(places, minlength=posts * KINDS).reshape(posts, KINDS)
    return counted.astype(np.int32)


def language_name(mask: int) -> str:
    """`en`, `ms+zh`, … or `und` where nothing tells."""
    return "+".join(code for bit, code in enumerate(_NAMES) if mask >> bit & 1) or "und"
