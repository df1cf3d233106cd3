"""What stands on scans, written down by looking at them: the folder, the file, its text or a stretch of it."""

from __future__ import annotations

PHOTOTEST = (
    "This is a lot of 12 point text to test the ocr code and see if it works on all types of file format. The quick brown"
    " dog jumped over the lazy fox. The quick brown dog jumped over the lazy fox. The quick brown dog jumped over the lazy"
    " fox. The quick brown dog jumped over the lazy fox."
)
DOCLING = "Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package"
LINN = (
    "To erase a wrong note, simply hold ERASE and press the note to be erased just before it plays in the sequence—when"
    " played back, it will be gone. Notes may also be added, erased, or changed using the SINGLE STEP function. To overdub"
    " notes at specific points within a sequence, simply use LOCATE, FAST FORWARD, or REWIND to find the desired bar number,"
    " then start recording. The INSERT/COPY function allows you to move bars from one location to another—in the same"
    " sequence or a different one. For example, you might insert a copy of the first verse between the second chorus and the"
    " bridge. DELETE BARS operates the same way to remove unwanted sections."
)
"""From the foot of a left column to the head of the right one."""

SOUP = (
    "Linzensoep à la Waterman 4 ons linzen 3 liter water 3 uien bloem, boter 2 kopjes melk laurier, kruidnagel, kerrie, zout"
    " De linzen wassen en in 1 liter kokend water 1 dag laten weken. 2 liter water bij de linzen voegen, zonder het water"
    " waarin ze geweekt zijn af te gieten. De helft van de uien bakken met laurier en kruidnagel. Alle uien, kerrie en zout"
    " bij de linzen voegen. Alles aan de kook brengen. Van de bloem met boter en melk een papje maken en verder afmaken met"
    " de soep. Als de linzen gaar zijn is de soep klaar."
)
VECTOR = (
    "This is text that should be used for OCR processing. There could be more or less text. Anyway, have fun with it."
)
LABORATORY = (
    "Test Result Reference Range Flag Glucose, Fasting 118 mg/dL 70-100 mg/dL HIGH HbA1c 6.8% <5.7% HIGH Total Cholesterol"
    " 215 mg/dL <200 mg/dL HIGH LDL Cholesterol 142 mg/dL <100 mg/dL HIGH HDL Cholesterol 48 mg/dL >40 mg/dL Triglycerides"
    " 165 mg/dL <150 mg/dL HIGH Creatinine 1.1 mg/dL 0.7-1.3 mg/dL eGFR 82 mL/min >60 mL/min TSH 2.4 mIU/L 0.4-4.0 mIU/L"
    " Hemoglobin 14.2 g/dL 13.5-17.5 g/dL WBC 7,200 /μL 4,500-11,000 /μL Platelets 245,000 /μL 150,000-400,000 /μL IMAGING"
    " STUDIES CT Head without Contrast (10/28/2024): FINDINGS: No acute intracranial hemorrhage, mass effect, or midline"
    " shift. Normal gray-white matter differentiation. Ventricles and sulci are normal in size and configuration."
)
NOT_SEARCHABLE = (
    "This is an example of a non-text-searchable PDF. Because it was created from an image rather than a text document, it"
    " cannot be rendered as plain text by the PDF reader. Thus, attempting to select the text on the page as though it were a"
    " text document or website will not work, regardless of how neatly it is organized."
)
BAVARIA = (
    "besten Dank für die Gelegenheit, zu den geplanten Änderungen des Bayerischen Archivgesetzes Stellung zu beziehen. Der"
    " Bayerische Landesverein für Heimatpflege e.V. ist durch seine Tätigkeit und seine Aufgaben in der Heimatforschung"
    " tatsächlich immer wieder mit Belangen des Archivgesetzes befasst. Wir haben den vorgelegten Gesetzentwurf geprüft und"
    " sind dabei auf geplante Neuerungen gestoßen, die aus unserer Sicht überdacht werden sollten. 1. Aus unserer Sicht ist"
    " es nicht unproblematisch, wie Art. 4 Abs. 5 und Art. 5 Abs. 1 neu gefasst werden."
)
STOCKS = (
    "Stocks in bold rose or fell 5% or more Track your investments with our continuously updated stocks. Visit us on the web"
    " at money.usatoday.com"
)
STAFF = (
    "Name Department Salary Years John Smith Engineering 85,000 5 Jane Doe Marketing 72,000 3 Bob Johnson Sales 68,000 7"
    " Alice Brown HR 65,000 4"
)
SALES = (
    "Product Units Revenue Widget A 150 ,500 Widget B 200 ,000 Widget C 100 ,000 Q2 Sales: Product Units Revenue Widget A 180"
    " ,000 Widget B 220 ,200 Widget C 130 ,400"
)
HINDI = (
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर"
    " उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।"
)

_TESSERACT, _OCRMYPDF = "tesseract_test/testing", "ocrmypdf/tests/resources"
SCANS: tuple[tuple[str, str, str, bool], ...] = (
    (_TESSERACT, "phototestrot.tif", PHOTOTEST, False),
    (_TESSERACT, "phototest-rotated-180.png", PHOTOTEST, False),
    (_TESSERACT, "phototest-rotated-R.png", PHOTOTEST, False),
    (_TESSERACT, "devatest-rotated-270.png", HINDI, True),
    (_TESSERACT, "trainingital.tif", "To simple burn running of goods lately.", False),
    ("docling/ocr/sources", "ocr_test.pdf", DOCLING, False),
    ("docling/ocr/sources", "ocr_test_rotated_180.pdf", DOCLING, False),
    ("docling/webp/sources", "webp-test.webp", DOCLING, False),
    *((_OCRMYPDF, name, LINN, True) for name in ("linn.png", "cardinal.pdf", "jbig2.pdf", "skew.pdf")),
    (_OCRMYPDF, "2400dpi.pdf", SOUP, False),
    (_OCRMYPDF, "aspect.pdf", "This should be a perfect circle.", True),
    (_OCRMYPDF, "crom.png", "Covfefe is a perfectly cromulent word.", False),
    (_OCRMYPDF, "kcs.pdf", "Kodak Capture Desktop Test", False),
    (_OCRMYPDF, "vector.pdf", VECTOR, True),
    ("markitdown/markitdown/tests/test_files", "MEDRPT-2024-PAT-3847_medical_report_scan.pdf", LABORATORY, True),
    ("kreuzberg/pdfs", "non_searchable.pdf", NOT_SEARCHABLE, True),
    ("kreuzberg/pdfs", "image_only_german_pdf.pdf", BAVARIA, True),
    ("kreuzberg/images", "ocr_image.jpg", STOCKS, True),
    ("kreuzberg/tables", "borderless_table.png", STAFF, False),
    ("kreuzberg/tables", "complex_document.png", SALES, True),
)
"""The last says whether the text is a stretch of what is on the page."""

ARTICLE = {
    "english": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience"
    " and should act towards one another in a spirit of brotherhood.",
    "polish": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i"
    " sumieniem i powinni postępować wobec innych w duchu braterstwa.",
    "vietnamese": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con người đều được"
    " tạo hóa ban cho lý trí và lương tâm và cần phải đối xử với nhau trong tình bằng hữu.",
    "russian": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны"
    " поступать в отношении друг друга в духе братства.",
    "ukrainian": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і"
    " повинні діяти у відношенні один до одного в дусі братерства.",
    "greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική"
    " και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.",
    "hindi": HINDI,
    "thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ",
    "korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과"
    " 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
    "arabic": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء.",
    "hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש"
    " ברעהו ברוח של אחווה.",
    "japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
}

DOWN = (
    "吾輩は猫である。名前はまだ無い。どこで生れたか",
    "とんと見当がつかぬ。何でも薄暗いじめじめした所で",
    "ニャーニャー泣いていた事だけは記憶している。",
    "吾輩はここで始めて人間というものを見た。しかも",
    "あとで聞くとそれは書生という人間中で一番獰悪な",
)
"""The beginning of a novel by Natsume Sōseki (1905), column by column."""
