"""What tells scripts in what the model PP-OCRv6 small makes of them; written by tests/benchmarks/scripts.py."""

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
"""Scripts, what is no writing, and lines that the model reads, also on their heads."""

LETTERS = (
    ".,3uαRhanoimg10TιLpλτνρ7'ε一A2l_οqNı-restCbυ8w?EHvIσDηΣκのcγĐに的O6をSdjるfņ—5ưなUβGMびπ"
    "、号及μ|热用B)す9ąK[コyω(て？Q4とłF护P権x分∆□寻け∂自«δ了。正でz利Δい胡ñ!もí受ôħYー采k：百Λ梁，ųこ关会人は校大か品丛二φ>Wů有"
)
"""Letters of the model whose shares tell them apart."""

SCALE = 0.0792199

WEIGHTS = (
    "P4X`R``{hq|K!*80|N^5IOzfLA^;TZ)!!ib5%vHOSOxC$=LY}k^x^bE%j5F<3MJ)L{`BJV`~e5}5HkxR"
    "@A~xQ=<M<J17!*P^B(g2;sWp6=r{)n^X~oS7v&`Q3GDILD;oj!0}<ILJOSa!+&>4_{PQ5m+)y|0`{DN5"
    "B+*AR?CcWT3JLV{M)Ugs)&U9V-U}M_1O^o;An+CN`~utw`uXwa5%2y1TIkOX^9nTE=kE#q(I3<U74Y;H"
    "1|IDb8}{hZGzRf7AqwgY&Fld32QTXb?;QI7H~G%!{}&?x10VYb>J{<Z>g@mm>HhWiL-h740}svh2`LBx"
    "10Ejn^48(>_5%O``~3ed0s#O0`u6hs`3VsH|04ed{{r~#^7Q%#|NaCd4FdrL`04TV{{aI47$XMw0si^u"
    "?e+uv=I`|ZPtfTW{4M|T3I6r+`}KA2>*(zI+bRbD`vVId_zD33`0w=i4*c=@`TOkOANlxQ=K1#X{~7xw"
    "1^n$F=LYch>I&5;@$d^376|6@^d>|E(gybV^aDC1<L2Y<3<K~R{{HRjApGt--S7ASGWQf12><{9_ul92"
    "6)W)>67KRT`2p_k%KG~D`0Mc{G5!8R{`BA5{3ZVN{s0yP1P1l;=l%rzBKa8h^#K0#10Bu;1?&qn<^lo-"
    "`qlpN3>D_#A{+ta%n<Mc=_V!<2<P<n9qaKO@F>>(_%7uU>>%I*|K2d;{_+zj0rv>o5akmE0PQ9=>*NCY"
    "A_5@${}2EN@#W$A^bZpL4iggx^au6j?(g#U@%t?F`WWU1>JK0C6cq66`vL$H@(}0?0QMOB7yc;n5%u-~"
    "?d$jP0{8VM2>0{^782Y60`2wtH7WD<>>3jO>H6LD?e6^a14<0{?=R~B;rk5w5fSPP7a8^&>*L(_000jB"
    "1q%KN3;+D?`SkMj_v`@xGV~1q1r7c404n<Y5&r`D{{Hvy`uP6<`~v|P{r>;~{rUO+^8hpe`wRvD`v3a#"
    "^7aS(`uha?0tW&8_XH04_U;Dl1pE0H2kH(80TK2G`~U_N0|W&C`t$hw{{R2|0sH>{0{$@j>iGcu{S5v3"
    "1OpQN`Sld){rmtK1N!j<4*~M<5c>@O9OVQX1_%8F;~(DU82R@2BJJB1{{;6D|M&d<0SN#70RagA`}z*|"
    "3jFc*0|4s^^(Oxu=l<pU`s4&U5*HKF`2p_@J{0lz2K4{}^AP3-=JEyp{s95~0Raa8`}Yj_5&ZQx0{i6n"
    "1Ml7*_X+<L0sI620{#C4{Q39)8UOhT{{Qm(_Wt-a>G2@^+5!Lb4;~p0?ce<R0TKWG0sZ~}0s#y8^!xz+"
    "00#m52LBQL`SA<(11jk7`uimW?>Xl5^ymNq`TYYD`~(31{r&g@1^Nlx0`V0)9P{w`@$vrq8us@Y_WSK4"
    "6cWzz0RQ~}{Qd+B{{Q{_4)^{52?hNN0TlrL_xken`Tg|<`uPO(8T|JV2LSs3`2qm_`}Rcs`}f@n{r~?0"
    "|Ns5{0s#H|1P%NR1PlHP0TJ~G`S0)eE&u@)_4oJ}GYj|5*XR5H{RRL2{QMFB{rKE3{Qmk4{{8s<2>tr^"
    ";5zv97W@PQ)e`k75dG`^6aE1P9rf%3<oN&)@d*O|{ty5D0Q?00{Qm~`7y9h@4fE>}+XM|C8S4TS0saa6"
    "3I+WK`1SAh_xTy~^&JWH2K5LF^z#A-0}lT60s%Y;^XJ|3{r~*?|NJfa1poZ?^#c3-_yZdb0tfdM@&Mcc"
    "0txW|MFIN#`TY3r^ZE|_4h0<s+y)E%0q5Nk1OEU8|NRL4`~Uj}2Kfm87Xt(Q0sHy?{rU3+`ULR@6#@bZ"
    "0QdMH=JN0o?<w^5{Pq#?2mJpB1ONOB{`~^~_W=470rvM21oZ&_1pqAr^!4lZ1^)OP`upq&5b*sW;{E>r"
    "{{a90{{8;{{{7!G|Ns0L0tW{A`0fW5>G}Tv{{a900RR90{{Ra7^ZFP0{v$f{_Ur8n<M;&r`v(C1{P_a{"
    "`ta>9000310TKNF0{{N|{QnLA`~&^{{|y2D{O$D-{{a600095~8UX+M@Bsw>{sjO21O5j7{rm*_|NjdB"
    "68!)E0sj2_`27I>`vv~}_x=(A`UCt40{;&J0saFD`vLp?^8N$?{{RX8{s8{~{`v&`3jYBB|Nj5_|Ns01"
    "1^oy71O5m3_wEY%^(gcK{Qmg_{r&jzNB#T$;{*r({R{y72Lb^B`2zg(`u_<A1p)vV_#N}~-2nam{15*A"
    "{Q?dC`~3X?0RRC30T2QH0ssB^`}`9A_W=R@7W@VP_x1qv009310RR60{Q&*|?im960Qds=1OgE-@AU5X"
    "H~aSt{`v_10QmL%;{XN!{sRF11^x#C{QL#>3I7NL`~e9G3ls77-}wOl{{jF1{s031{{H$81ONX40sjF1"
    "1_2TJ^ZNe}0RI900sjO3{{8v?0RI2={08;=3J&xj?FA43`2PO<3;Xu``zG)A{{R2~0RR5}2mk*4>mK3t"
    "Dggc{3;GxJ_WjEW4E^*A`up+nBK-Lc$uj=`{r&&_`SvdW{RZp+{{aF1{|f^90RH~{0{;L2{{R60|Ns5}"
    "{{rw92>k^L{P_j?8~XPA1MvY30RI60{{R63{{8y?2><&20R0g7|Nr~{{RjR3{saI2{rv&|{rvMD0RR32"
    "|Nj2}0s#F4`V0R4{QUg_`Sbk!`WW{g1OEaB|NQ&`3IO^B{rLX>{{a90{{Q^{{{ZhE|Ns5|{{Q^<1pWOJ"
    "{0j*G`~(2~5dQ%F{P_R+`TqF;{rvg;H2wPk@B{t;00000|NasH|NQ&?5dQi3{QdUr2>tvc;UED90s;*O"
    "`Tzp{{P_6$9{&3c2mmSh<pBBe>G}r!`uh3+{QmeA`x5>B0tf&80RR310R;j5`2PL={R{s6_xTn6`Umk0"
    "00A=>4%F%vTh7fszu)rr)Z)+^3G}%3HP?SX"
)
"""Rows of 8-bit integers for the letters, for nothing and a constant; a column for each class."""
