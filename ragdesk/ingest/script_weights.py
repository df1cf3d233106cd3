"""What scripts are told by in what the model PP-OCRv6 small makes of them; written by tests/benchmarks/scripts.py."""

CLASSES = (
    "Arabic",
    "Armenian",
    "Cyrillic",
    "Devanagari",
    "Georgian",
    "Greek",
    "Hebrew",
    "Indic",
    "Korean",
    "Thai",
    "Vietnamese",
    "nothing",
    "readable",
    "turned",
)
"""Scripts, lines that the model reads, those on their heads, and what is no writing."""

LETTERS = (
    ",.ohua3RαnimgTι1Lp0λνeıτ一q_κNορA2εvlE'tsb?Dwυ7OCσrI-HU—γc？d8SμηωG5jưłπyΣfņコĐ4!96"
    'Mβk/|FδBのá∂。ħ([号ą)Kx，Q●る二PΔΛ、Ωñζ的ųVすφ三正Y引zを品χíΓっ可X用ồはêび及}é{∆なâユ证て日&五W"百óにJΦ%吾热ļ：'
)
"""Letters of the model whose shares tell them apart."""

SCALE = 0.0846713

WEIGHTS = (
    "2lPYS`T!pO7~|*7FY!h5D)ad06Wssf*7O<|0NV`JN-gd26WRq7{p{sC6c_*Q3E3Ir8Tb3(`#R;?;Q|92;7bPX?*8o8Fdg;z1Pj|G"
    "F7Nu>2n-JwP6g)e-vi*|@C@ek3|9&H@E-N}@%Z`U^#KF!4mSue>iqHK`RUax8qf0W4$0tEFz@{iNcz?V<P8P!;1(nS{^JoU9_JqQ"
    "_7Bzm@%H=l3-ST-VfNV<?+P&9)9?N75<Kh;;2!V!GWpl#{}vkb1}ysp=Na$c^6V1*%^ltb8utDl-6-n@4FKl@`1wBb@GtxN-S!7B"
    "83qIwEdA=z=keS41oGnCH3|eX6%^MD+wl7U`uqJP2L1c{{P+g^`UL{_0wfCk^#=Iv2lVyXDH;mq&lU9a_ZlSq_AvYP`2`RF`U?8_"
    "+Y0#z3HkgR`T+L^`t=C-3;Xf+`1<SS9{2fK>;4Zg>lPR9`z7rJ@AJk42?O*Q{Q~ao7xn5w;P&(UFZ}x-0{i&=`}Xeo@AvxP^&TVk"
    "0zMY=-|YANFz^^82l)5|_uumF0R0O8At(Lq_y79r{P6DZ01*8y1oZG2+yx5#>kiu?^!f`LDh%BA>;(q?1OW&V_XP9&`SuO?^zroh"
    "{#XS2=q%|5+WjaD#0LHe=L$U_<LdY71oQVJ2m|T@4HDk(8u9`F2=4s;YV+gW_y4g<>>A-H@DuCdEb9O90UHhJ+XW}>_!;&P&;1N3"
    "1^pWmD*62m0tor%#q<~c4F@Xy68!M{?(FsF?ehcj|NlAz3jPiA_V5!L?(_Z(0}<~E1qtNo_XiXA2^$jx?+*3n^zr)n<?aCfLeSnR"
    "@gxoa`U?`~2nh`W{1fCG{M!HZ2-^|p8v^|7Br)dk`u`311OxdC{{H;+5c>}4^)>DW5eoa*_U{)1688fH@)H{s{ukx-*z*wp7620d"
    "@c#Ys>lN1(=ldup_VV%;4FdQ5@$3g9=I{6R83O7~@#+2SB>wdc`~U6$?f3mU?(6ji`u+qO{Q&^~`}z6;0qzI+|NjaV`r!Z(@E8IB"
    "8vX(P0R8*_{`>s;=<N{c12Yf`7T4?i0uJ!=_wp$7^A_d~?h_9T7WV4w2M6H;^BNBt^a1=000;jR{SfsF`10@d`6BuH7ythB`v3a("
    "1o{33?)gyx{rC3!{Pp(s_52Cu1N06_8TbYC$^S3=+yVpn78nT&?dA0KL>ch%67dKC><jA&;p+bu0RH~|{r&y`1pfN|_Z|E5{ssR8"
    "Bm(*N=KT8p`wIOP0TcZE`}p_x1pNX3CJ+hz_6Pp@-|heZ{Qv(D0R8^}|Na2~4f^mY3;y{2{^{5x{Q><J|Ni{|{QLd_0si&~{Qvg*"
    "|NTb%|Ns8;?fd@#{{H{{{{8>{A^-FJ><jWc`27U-4D##l2n|>I@(=v`1P1x<`uyJU8u<GJ8TaQ3)EVm<4DcKK|MwgA*BJl^?hy*&"
    "^Yser|10(W<Q)eZ+X?>w`TYb7{s8{~0R960-1s2*{WJ#j5$O&5=>7Ek`0@1t;QI>r`0+k1I{*(C_V@N6F$na`#@!0~`Xu@K?*#$o"
    "`yuiJ{s8*_2Lb*3{{R2|5B~J?CjtBk(G~6+Fa7A~4gL7~2mJmJ_xbw-4)p*6@&yPM0Rs3F2lx8r{QndG6#W4C{{H>{_WTR{3;qB5"
    "^X~`y`Zo9O{t^NI{{8;`|NZ~|`UC;~68|F?;0+lC@Z-i30|xsM1ossLGYR$J+v@@U{r~^|{P{Hi|Mczt{1*WJ3H=5E`wsZ}?)U)#"
    "3kf6r_YdO(@C@hs|M(X1_!|)M{p%PG=KA#d9q|7YAoTb0{SxT@2m1pL^Y;x16ZrV=1oiR-@&y_G3<~)6{u=S^{{a90|Ns5~`2hbH"
    "{QCv}{sI60{s8^}{`?X60sj2?{r>s&1O5Ir>jwh&3J(GM75($#CJW;C|Nr~{{}liI|Nj2}`~v;}`~LnH{`>#^0RR02_x<n)`uhm^"
    "5cvBM2L=BQ{{H^~0{;I0{{Z~|`TY9%0`~$505|se>;eA)`v3n71pWa20sa8~_Wk-G1N`#~2Lt-+4f_8M0RR90|NsC0|Ns8}{rdR$"
    "_z?2&_YVRp><|F|{tN&A{{H^}{{9I1`~d|13k3T8{r>*|0{;R3{QCa>`}QFH{u=T3{Qvs|{{H&<FaG`l?EL@z0q^?(`u76~_#^NR"
    "{Qv$3|NsB~A^-pQ_xSz_{{svF{u}Tb?D^IV{Qvz1|Nj93|Ns614EX#1`vCp^`~5Be{{HF(`u+|50Q>#;3H|=~4F&-M0Rj942nzci"
    "`TFGe00061{|Es8{{a90{r@Td`uqX;Jn;Ml`|{-L|Nr|c{{8td3jO-?-0AiG3FrI^8tM4&{4(zl{QvwD|Ni?0`TqU$%t-+M|Nj90"
    "|Nj8~5dixB0{{I8{{H*}1_1sA1N8p?{s92~{saFD4*&A||Ns8~{r><4{{R2}4f+B9|NsC0|Nr{{|Na6D=?Vl73jp)_CI9>6`~wvG"
    "3K9VY{txsJ_V?WM?g{<_4FC87ApZL5`UU?0`~LtB0R8~~|Ns5~0ssC7{{9932><>21@`{{{{H{|{r~?75&!x8{s8~}0RI>M{s8~_"
    "`~Up^{Rsd6{Q(^R{`T<%1^@j4|NaL7{Qv#~2KNX3_Xhj@_5&;c{QKYx?f?P*2>}5w_xAkr=@R_^{s8~~{{1Ka|NQj$1N#B``ULp@"
    "^bztL`vegG1n>IyEe7%T^#bw;|NsB||Ns8}9RL3S`1}F@_52181^fR82K@u>0{;08{{0095&ix60`4yZ`2hy`5%1;u{}kr?`u`FD"
    "2MGNC{Qv*_^8xYw{Ph0?^c?*C{r>GM{{a900RR905C8!G`u+a^{{R60|Ni~}|N7@C{|Wy7{{jF1|Nj90`~(U8^9lC*^7s?{`wqKM"
    "3j{_L{odIMT-Vc9vCQ!H$>`Gm9QwibG0J~Z"
)
"""Rows of 8-bit integers for the letters, for nothing and a constant; a column for each class."""
