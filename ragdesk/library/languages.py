"""A text in, its language out: by its script and, in Latin script, by its commonest words. Also each language's stop words.

The language decides how words are stemmed; a text too short or too bare to tell (a table, a listing) counts as English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

DEFAULT = "en"

_READ_CHARACTERS = 20_000
_LEAST_WORDS = 3
_LEAST_SHARE = 0.05
"""Function words make 30 to 50 % of prose; below 5 % of a language's own a text is not prose in it."""

# Articles, pronouns, prepositions, conjunctions, auxiliaries and question words, as they are written in lower case.
# They tell languages apart, and are left out of questions.
_STOP_WORDS_TEXT = {
    "en": """a about an and are as at be been being between but by can could did do does doing for from had has have
        having he her hers him his how i if in into is it its just me might my no nor not of on or our ours shall she
        should so some such than that the their them then there these they this those to was we were what when where
        whether which while who whom whose why will with would you your""",
    "de": """aber als am an auch auf aus bei bin bis da damit dann das dass dem den denn der des die dies diese diesem
        diesen dieser dieses doch du durch ein eine einem einen einer eines er es für gibt hat hatte hatten ich ihr ihre
        ihrem ihren ihrer im in ist ja kann kein keine können man mit muss nach nicht noch nur ob oder ohne sein seine
        seinen seiner sich sie sind so über um und uns unter vom von vor wann war waren warum was welche welchem welchen
        welcher welches wem wen wenn wer werden wessen wie wieso wird wo wofür woher wohin worden wurde wurden zu zum
        zur zwischen""",
    "fr": """a afin ai alors au aussi autre aux avait avec avoir c car ce cela ces cet cette comment d dans de depuis
        des dont du elle elles en entre est et étaient était été être eux fut il ils j je jusqu l la le les leur leurs
        lors lui lorsqu m mais me même mes mon n ne nos notre nous on ont ou où par pas pendant peut plus pour pourquoi
        puis qu quand que quel quelle quelles quels qui quoi s sa sans se ses si son sont sous sur t ta te tes ton tous
        tout toute très tu un une vos votre vous y""",
    "es": """a al algo ante aunque cada como cómo con cual cuál cuáles cuando cuándo cuánta cuántas cuánto cuántos de
        del desde donde dónde durante e el él ella ellas ellos en entre era eran es esa ese eso esta está están estaba
        este esto estos fue fueron ha había hace hacia han hasta hay la las le les lo los más me mi muy ni no nos o para
        pero por porque que qué quién quiénes se según ser si sí sido sin sobre son su sus también tan tiene tienen tu
        un una unas uno unos y ya yo""",
    "it": """a ad agli ai al alla alle allo anche c che chi ci come con cosa così cui d da dagli dai dal dalla dalle
        dallo degli dei del della delle dello di dopo dove e è ed era erano essere fu furono gli ha hanno i il in io l
        la le lei li lo loro ma mi ne negli nei nel nella nelle nello no noi non o ogni per perché più può qual quale
        quali quando quanta quante quanti quanto quella quelle quelli quello questa queste questi questo se sei si sia
        sono stata state stati stato su sua sue sugli sui sul sulla sulle suo suoi tra tu un una uno voi""",
    "pt": """a ao aos após aquela aquele as até com como da das de dela dele deles depois do dos durante e é ela elas ele
        eles em entre era eram essa esse esta está estão este eu foi foram há isso já lhe lhes mais mas me mesmo muito
        na nas não nem no nos nós num numa o onde os ou para pela pelas pelo pelos por porque pôde qual quais quando
        quanta quantas quanto quantos que quem se seja sem ser será seu seus sido são só sobre sua suas também te tem
        têm tinha um uma umas uns você""",
    "nl": """aan af al als alle bij daar dan dat de deze die dit doen door dus een en er ge geen had hadden haar heb
        hebben heeft hem het hier hij hoe hoeveel hun ik in is je kan kon kunnen maar me meer men met mij mijn moet na
        naar niet nog nu of om omdat ons onder ook op over te tegen tot tussen u uit uw van veel voor waar waarom wanneer
        waren was wat we welk welke werd werden wie wij worden wordt zal ze zich zij zijn zo zonder zou""",
    "sv": """alla allt att av är även blev blir bli då de dem den denna deras dess det detta dig din dina du där efter
        ej eller en ett från för ha hade han hans har hennes hon honom hur här i icke in inte jag kan kunde man med
        mellan men mig min mina mot mycket någon något några när och om oss på samt sedan sig sin sina ska skulle som
        så till under upp ur ut utan vad var vara varför varit vem vi vid vilka vilken vilket vill åt än""",
    "da": """af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din dog du efter eller
        en end er et for fra før ham han hans har havde have hende hendes her hun hvad hvem hver hvilken hvilket hvilke
        hvis hvor hvordan hvorfor hvornår i ikke ind jeg jer jo kan kunne man mange med meget mellem men mig min mod
        mine når noget nogle nu og også om op os over på sig sin sine skal skulle som til ud under uden være været
        var ved vi vil ville""",
    "no": """alle at av ble bli blir blitt både da de dem den denne der deres det dette du eller en enn er et etter for
        fordi fra før ha hadde han hans har hennes henne her hun hva hvem hver hvilken hvilket hvilke hvis hvor hvordan
        hvorfor i ikke inn jeg kan kunne kva man mange med meg mellom men mer min mot mye noe noen nå når og også om opp
        oss over på seg sin sine skal skulle slik som så til ut uten var vart være vært ved vi vil ville""",
    "fi": """ei eivät että hän hänen he heidän itse ja jo joiden joita joka jolla jonka jos jossa joten jotka kanssa
        kaikki koska koskaan kuin kuinka kuka kun luona me mihin mikä mikäli miksi milloin minkä minun minä missä mistä
        mitkä mitä mukaan mukana muut mutta myös ne niiden niin niitä nyt näiden nämä olemme olen olet oli olivat
        olisi olla olleet ollut on ovat se sekä sen siitä sillä sinun sitä siinä tai tämä tämän tässä vaan vai vain
        voi""",
    "hu": """a abban ahhoz ahogy akkor által általában amely amelyek ami amikor annak arra az azok azt azonban be belül
        csak de e egy egyik ebben ehhez ekkor el és ez ezek ezért ezt fel ha hanem hogy hogyan illetve is itt jól ki
        kik kell között le lehet lesz még meg melyik mert mely mennyi mi mikor milyen mint minden mit miért nagyon nem
        ne nélkül olyan ott ő ők pedig s sem szerint több úgy után van vannak vagy való volt voltak""",
    "ro": """a acea aceasta această aceste acest acestea acestor ai al ale am ar are asupra au avea că când care ce cel
        cea cei cele cine cu cum către câte câți cât da dar de decât deci din dintre doar după ea ei el ele era erau este
        eu fi fie fost iar îi îl îmi în înainte între își la le lor lui mai mult ne ni nici noi nu o or pe pentru peste
        prin sa să sale sau se și sunt său spre sub te un una unde unei unele unor unui voi vor""",
    "tr": """acaba ama ancak bana başka bazı ben beni benim bir biraz biri bu buna bundan bunlar bunu bunun çok çünkü da
        daha de değil diğer diye dolayı en fakat gibi göre hangi hem hep her hiç için ile ilgili ise işte kadar kendi
        ki kim kimin mı mi mu mü nasıl ne neden nerede nereye o olan olarak oldu olduğu olduğunu olmak olur ona onlar
        onu onun önce sonra şey siz şu tarafından tüm var ve veya ya yani yok""",
    "pl": """a aby ale am bardzo bez bo być był była było były będzie co coś czy dla do dlaczego gdy gdyż gdzie go i ich
        ile im innych ja jak jako je jednak jego jej jest jestem już każdy kiedy kto która które którego której który
        których którzy lub ma mają mi między może można mu na nad nie niż o od on ona oni oraz po pod podczas poza przed
        przez przy się są sobie swoje ta tak także tam te tego tej ten też to tu tych tylko tym u w we więc z za ze
        został została zostały że""",
    "cs": """a aby ale ani ano asi až bez bude budou by byl byla byli bylo být co což či další do ho i já jak jako je
        jeho jejich jejím její jen jenž ještě ji jsem jsme jsou k kam kde kdo kdy když která které kterého kterou který
        kteří ke kolik ku má mají mezi mi mít mohou může na nad nebo není než o od on ona oni po pod podle pouze pro
        proč proto protože před při s se si svou své svůj ta tak také tato té tedy ten tento to tohoto tom tomto tu u už
        v ve však více z za ze že""",
    "ca": """a al als amb aquest aquesta això altres així com d de del dels des durant e el ell ella ells els em en
        entre era eren és es està ha havia he hi ho i l la les li lo llavors m més mentre molt n ni no o on pel pels per
        perquè però quan quant quina quin quins qual què qui s sense ser sense seu seus seva seves si sobre són sota
        també tan tenen té un una unes uns va van""",
    "id": """ada adalah agar akan antara apa apakah atas atau bagaimana bagi bahwa bila bisa dalam dan dapat dari dengan
        di dia hanya harus hingga ia ini itu jika juga kami kapan karena ke kepada kita lebih maka mana mengapa mereka
        namun oleh pada para saat saja saya sebagai sebuah secara sedang sehingga sejak seperti serta setelah siapa
        suatu sudah telah tentang terhadap tersebut tetapi tidak untuk yang""",
    "el": """αλλά αν από αυτή αυτό αυτός για δε δεν εγώ είναι εκείνη ένα ένας έχει έχουν ή ήταν η θα και κατά με μέχρι
        μετά μη μια μία μιας μόνο μου να ο οι όλα όπως όταν ότι πιο ποια ποιες ποιο ποιοι ποιος πολύ πόσα πόσο πόσοι
        πότε που πού πριν προς πως πώς σαν σε στα στη στην στις στο στον στους τα τη την της τι τις το τον του τους των
        ως""",
    "ru": """а без более бы был была были было быть в вам вас весь во вот все всего всех вы где да для до его ее ей ему
        если есть еще же за здесь и из или им их к как какая какие каким какими каких какого какое какой каком когда кого
        которая которого которое которой которые который которых кто куда ли между меня мне много может можно мы на над
        надо нас не него нее нет ни них но ну о об один он она они оно от очень по под после потому почему при про с
        сколько со так также такие такой там те тем то того тоже той только том ты у уже чего чей чем что чтобы эта эти
        этих это этого этой этом этот я""",
    "uk": """а але б без би бути був була були було в вам вас вже ви від він вона вони все всіх до де для ж за з зі і із
        її їй їм їх й його коли ким кого куди лише ми мене між може на над нас не немає ні ними них о один при про по
        під після скільки та так також там те ти той того тому тут у хто це цей цього ця чи чим чому що щоб як яка яке
        який які яких якого""",
    "ar": """أن أو أي أين إذا إلا إلى التي الذي الذين إن أنه أنها أكثر بعد بعض بل بما بين تحت تلك تم ثم حتى حول حيث حين خلال
        دون ذلك سوف عام عدد عن عند عندما على عليه عليها غير فقد في فيه فيها قبل قد كان كانت كل كم كما كيف لا لدى لقد لم لماذا
        لن له لها لهذا ليس ما ماذا متى مثل مع من منذ منه منها نحو هذا هذه هل هم هنا هناك هو هي و وقد ولا ولم وهو وهي يتم يكون
        يوجد كانوا أما بها به أى الى او ان اي""",
    "fa": """از است اگر اما این آن آنها او با بر برای به بود بودند تا توسط چرا چگونه چه چند چون خود دارد دارند در را روی
        زیر شد شده شدند شود کجا کدام کرد کردند کرده کند کنند که کی ما می نیز نه ها های هر هم همه هستند و ولی وی یا یک""",
    "he": """אבל או אולי איך איפה אל אם אני אשר את אתה אתם באיזה בין גם ה הוא היא היה היו הם הן זאת זה זו יש כאשר כדי כי כל
        כמה כמו כן לא למה לפני מ מאשר מדוע מה מהו מהי מהם מי מתי עד על עם פי רק ש של שלו שלה שם תחת""",
    "hi": """अपना अपनी अपने इस इसके इसी इन उन उनके उस उसके एक और कब कर करता करते करना करने कहाँ का कि कितना कितनी कितने
        किया किस किसने किसी की कुछ के को कोई कौन क्या क्यों गई गया जब जा जिस जो तक तथा तो था थी थे दिया द्वारा नहीं ने पर
        फिर बहुत भी में यह ये या रहा रहे लिए वह वाला वाले वे सकता सकते साथ से हुआ हुई हुए है हैं हो होता होती होने""",
    "zh": """的 了 是 在 和 与 有 什么 什麼 多少 哪 哪个 哪些 哪里 哪裡 谁 誰 怎么 怎样 如何 为什么 為什麼 几 幾 吗 嗎 呢 吧 被 把
        对 對 从 從 及 或 其 这 這 那 何时 何時 何 之 个 個""",
    "ja": """の は が を に で と も へ や か から まで より です ます した して する され れた いる ある った こと もの これ それ
        何 なに 誰 だれ どこ いつ なぜ どの どれ どう どん んな いく くつ つの でし ました ませ せん たか すか には では とは のは
        のか なん とき として によ よる って てい いた ため など""",
    "ko": """은 는 이 가 을 를 에 의 에서 으로 로 와 과 도 만 까지 부터 무엇 누구 어디 언제 어떤 어느 얼마 왜 어떻게 몇 하는 했다
        한다 합니 니다 습니 니까 인가 인가요 있는 있다 입니""",
}
STOP_WORDS: dict[str, frozenset[str]] = {code: frozenset(text.split()) for code, text in _STOP_WORDS_TEXT.items()}
"""Stop words by language (ISO 639-1), as written. In Chinese, Japanese and Korean also pairs of characters."""

_SCRIPTS = (
    ("la", "A-Za-zÀ-ʯḀ-ỿ"),
    ("el", "Ͱ-Ͽἀ-῿"),
    ("cyrillic", "Ѐ-ԯ"),
    ("he", "֐-׿"),
    ("arabic", "؀-ۿݐ-ݿﭐ-﷿ﹰ-ﻼ"),
    ("hi", "ऀ-ॿ"),
    ("ta", "஀-௿"),
    ("th", "฀-๿"),
    ("hy", "԰-֏"),
    ("kana", "぀-ヿ"),
    ("zh", "㐀-䶿一-鿿"),
    ("ko", "가-힣"),
)
_SCRIPT = {code: re.compile(f"[{letters}]") for code, letters in _SCRIPTS}
_LATIN = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "hu", "ro", "tr", "pl", "cs", "ca", "id")
_WORD = re.compile(r"[^\W\d_]+")
_WEIGH = 5.0
"""A character of a script whose words are single characters weighs as much as so many letters."""


def language_of(text: str) -> str:
    """The language of a text (ISO 639-1) judged by its first 20,000 characters; English where it does not tell."""
    head = text[:_READ_CHARACTERS]
    script = "la" if head.isascii() else _main_script(head)
    if script == "la":
        return _by_words(head, _LATIN) or DEFAULT
    if script == "cyrillic":
        return _by_words(head, ("ru", "uk")) or "ru"
    if script == "arabic":
        return _by_words(head, ("ar", "fa")) or "ar"
    return script


def language_of_question(text: str, among: Iterable[str]) -> str:
    """The language of a question, one of `among` (the languages of the library, commonest first) where any fits."""
    known = tuple(among) or (DEFAULT,)
    script = "la" if text.isascii() else _main_script(text)
    fitting = tuple(code for code in known if _writes(code) == script)
    if script in ("la", "cyrillic", "arabic"):
        return _by_words(text, fitting, least_words=1) or (fitting or (language_of(text),))[0]
    return script


def _main_script(text: str) -> str:
    """The script that most of a text is in. Kana beside Han make it Japanese."""
    found = {code: float(len(pattern.findall(text))) for code, pattern in _SCRIPT.items()}
    found["zh"] *= _WEIGH
    found["ko"] *= _WEIGH
    if found["kana"] * 20 > found["zh"] / _WEIGH:
        found["ja"] = (found.pop("kana") + found["zh"] / _WEIGH) * _WEIGH
        found["zh"] = 0
    else:
        del found["kana"]
    best = max(found, key=lambda code: found[code])
    return best if found[best] else "la"


def _by_words(text: str, among: tuple[str, ...], *, least_words: int = _LEAST_WORDS) -> str:
    """The language whose stop words make the most of the text; a word that several share counts to each a part."""
    counts = Counter(_WORD.findall(text.lower()))
    total = sum(counts.values())
    scores = dict.fromkeys(among, 0.0)
    for word, count in counts.items():
        holders = [code for code in among if word in STOP_WORDS.get(code, ())]
        for code in holders:
            scores[code] += count / len(holders)
    best = max(scores, key=lambda code: scores[code], default="")
    if best and scores[best] >= least_words * 0.5 and scores[best] >= _LEAST_SHARE * total:
        return best
    return ""


def _writes(code: str) -> str:
    if code in ("ru", "uk"):
        return "cyrillic"
    if code in ("ar", "fa"):
        return "arabic"
    return code if code in _SCRIPT or code == "ja" else "la"
