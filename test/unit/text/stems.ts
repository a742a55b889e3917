// English words and their stems, as the Snowball project's own implementation (libstemmer 2.2.0) gives them: words of WordNet drawn at
// random, the examples of the algorithm's description, and its exceptions.

export const STEMS = `
'twas twas, aardvarks aardvark, aberdeen aberdeen, abominator abomin, acadian' acadian, acarina acarina
accede acced, accordion accordion, activate activ, adjustable adjust, adjustment adjust, adoption adopt
adumbrate adumbr, advisability advis, afresh afresh, african african, aggravation aggrav, agreed agre
ailurophobia ailurophobia, airliner airlin, alarmism alarm, alata alata, albicans albican, albulus albulus
aleppo aleppo, allentown allentown, allowance allow, alnico alnico, aloifolia aloifolia, altace altac
amiably amiabl, amputate amput, anabiosis anabiosi, anaglyphs anaglyph, anagrammatic anagrammat, anal anal
analogousli analog, ancestress ancestress, andes andes, angulariti angular, antialiasing antialias
aphasia aphasia, apneic apneic, apology apolog, applied appli, apprehension apprehens
archaeornithes archaeornith, archipelagic archipelag, argillaceous argillac, arillate aril, arrived arriv
arsenal arsenal, arsenic arsenic, arvicola arvicola, aspirant aspir, assuredness assured, astronium astronium
atlas atlas, attenuating attenu, aureolaria aureolaria, aussie aussi, automated autom, award award
azaleastrum azaleastrum, babbitting babbit, backmost backmost, backsliding backslid, bactrianus bactrianus
balanoides balanoid, balefire balefir, banality banal, bandeau bandeau, bangtail bangtail, baptism baptism
barbulata barbulata, barracuda barracuda, base base, batting bat, beacon beacon, bedraggle bedraggl
behaviorism behavior, belemnite belemnit, bellicose bellicos, beria beria, beringei beringei, bermuda bermuda
bespot bespot, bessy bessi, bias bias, birdhouse birdhous, bleacher bleacher, bleakly bleak, bleed bleed
bloodless bloodless, blush blush, bodied bodi, boehm boehm, bogged bog, bolingbroke bolingbrok, bolting bolt
bombast bombast, boojum boojum, bookbinding bookbind, borbonia borbonia, boustrophedon boustrophedon
bowdlerize bowdler, boyish boyish, boys's' boy, bra bra, brachyura brachyura, branchiopodous branchiopod
branta branta, brassicaceae brassicacea, bremen bremen, briskness brisk, broadway broadway, bulge bulg
bullfighting bullfight, byron byron, cacique caciqu, cackler cackler, cad cad, caeruleum caeruleum, cagey cagey
calamine calamin, callirhoe callirho, callousness callous, camlet camlet, campanulated campanul, canning canning
capra capra, captivating captiv, carpets carpet, catalyze catalyz, causalgia causalgia, cease ceas, cease' ceas
cefadroxil cefadroxil, cephalaspida cephalaspida, ceratosaura ceratosaura, chadlock chadlock, chaetae chaeta
challenging challeng, chancre chancr, chard chard, cheetahs cheetah, chicness chic, chlorpromazine chlorpromazin
chocs choc, cholecystitis cholecyst, chondroma chondroma, chromaesthesia chromaesthesia, chronically chronic
chronometer chronomet, circulatory circulatori, cling cling, clinquant clinquant, cliquish cliquish
coalhole coalhol, coapted coapt, cobblestoned cobbleston, cognize cogniz, colliery collieri, colpitis colpiti
columbine columbin, colutea colutea, comers comer, committed commit, communion communion, communism communism
communistic communist, compart compart, concentration concentr, condemnatory condemnatori
condescending condescend, conditional condit, conducts conduct, conformabli conform, confuse confus
confutation confut, congestive congest, congou congou, congratulations congratul, conjured conjur
connecter connect, contemporary contemporari, contradicente contradicent, controll control
convallarioides convallarioid, copland copland, corm corm, cosmos cosmos, costumier costumi, costuming costum
costusroot costusroot, counterbalance counterbal, countervail countervail, court court, cranbury cranburi
creese crees, cries cri, crimes crime, croesus croesus, cryostat cryostat, curassows curassow
cytoplastic cytoplast, damgalnunna damgalnunna, dangla dangla, daunted daunt, deal deal, debasing debas, dec dec
decidedly decid, decisiveness decis, decolletage decolletag, decomposing decompos, decorousness decor
defensible defens, degenerated degener, demonization demon, deparia deparia, dependent depend
derecognise derecognis, descending descend, detritus detritus, dextrum dextrum, diademata diademata
diaper diaper, dicrana dicrana, differentli differ, digitizer digit, dim dim, dint dint, dioecious dioecious
dipodidae dipodida, disassembly disassembl, discomycete discomycet, diseased diseas, disowning disown
disregarded disregard, dissolution dissolut, disstria disstria, dkl dkl, dog's dog, doge doge, dogs' dog
dorsoventrally dorsoventr, dracula dracula, draftsmen draftsmen, droshky droshki, druthers druther, dyes dye
dying die, dysgenics dysgen, early earli, earring earring, eatery eateri, eclair eclair, edacious edaci
effective effect, effigy effigi, egghead egghead, egrets egret, eighteenth eighteenth
elaeocarpaceae elaeocarpacea, electrical electr, electriciti electr, embezzlement embezzl, embodied embodi
emulsifiers emulsifi, encyclopaedia encyclopaedia, energy's energi, enormously enorm, enterprises enterpris
entourage entourag, eschaton eschaton, estival estiv, euascomycetes euascomycet, eucharistic eucharist
eucinostomus eucinostomus, evaporative evapor, exceed exceed, exclusion exclus, excused excus, exorcise exorcis
extended extend, extensile extensil, extract extract, extrauterine extrauterin, extraversion extravers
fails fail, fantail fantail, farmer's farmer, fata fata, feed feed, feminization femin, feudalism feudal
filamentous filament, filtered filter, finalize final, finespun finespun, firma firma, fistmele fistmel
fizzed fizz, flagrant' flagrant, flatfishes flatfish, flavourful flavour, flints flint, floccosus floccosus
floorwalker floorwalk, fluidity fluiditi, foothills foothil, foremother foremoth, foresail foresail
formaliti formal, formalize formal, formalwear formalwear, formative format, forswearing forswear
forthright forthright, framework framework, fully fulli, fundus fundus, funrun funrun, fusilier fusili
gadidae gadida, galangal galang, galea galea, gallicism gallic, gaps gap, gas gas, gastronomic gastronom
generate generat, generous generous, generously generous, geneve genev, gentians gentian, gently gentl
geology geolog, gilli gilli, giraffidae giraffida, glioma glioma, globule globul, gondi gondi
gongorist gongorist, goodness good, gran gran, grevillea grevillea, groundbreaking groundbreak
groundsheet groundsheet, gruffly gruffli, gusto gusto, gyroscopic gyroscop, hacker hacker
haemosporidian haemosporidian, handmaiden handmaiden, haplopappus haplopappus, harmlessly harmless
harmonious harmoni, hazy hazi, headbutt headbutt, hedgefund hedgefund, heights height
hemochromatosis hemochromatosi, herring herring, hesitanci hesit, heterosexualism heterosexu
heterotroph heterotroph, homaridae homarida, homeric homer, homologous homolog, hoots hoot, hoped hope
hopefulness hope, hoping hope, hopping hop, hormones hormon, hormuz hormuz, horney horney, hospitalized hospit
howe howe, hugoesque hugoesqu, humoral humor, hydrocephaly hydrocephali, hylophylax hylophylax, icbm icbm
idly idl, illiteracy illiteraci, illustrative illustr, immotility immotil, immoveable immov, imperator imper
imperfections imperfect, inachis inachi, incalescence incalesc, incantations incant, included includ
inconstancy inconst, incredibility incred, inessentiality inessenti, infamous infam, infausta infausta
inference infer, inhibited inhibit, inks ink, inning inning, innings inning, interagency interag
interrupt interrupt, intersected intersect, interstitial interstiti, intrigued intrigu, intrinsic intrins
ipsedixitism ipsedixit, irritant irrit, issus issus, italy itali, jane jane, javelina javelina, jaw jaw
jell jell, jiggered jigger, jinks jink, jobbed job, jointure jointur, justinian justinian
keratoacanthoma keratoacanthoma, kiwis kiwi, knit knit, laffite laffit, lakeshore lakeshor, lamppost lamppost
lateen lateen, lawrencium lawrencium, leitmotif leitmotif, lepadidae lepadida, leukoma leukoma, lichen lichen
lichenes lichen, lighted light, limburger limburg, limit limit, lineata lineata, lipmann lipmann, litchee litche
loach loach, loasa loasa, lobectomy lobectomi, lode lode, logogrammatic logogrammat, longueur longueur
loophole loophol, losing lose, louder louder, luminary luminari, lustre lustr, lying lie
lymphadenoma lymphadenoma, marbleize marbleiz, marmara marmara, mas mas, masorite masorit, masquerader masquerad
matchbook matchbook, matchless matchless, material materi, mayas maya, me me, measles measl, meddle meddl
mellow mellow, menacing menac, mesmerizing mesmer, metalware metalwar, metic metic, microeconomics microeconom
micron micron, midrib midrib, milestone mileston, mindfulness mind, minerva minerva, mini mini, monax monax
mongo mongo, moniliales monilial, monstrance monstranc, morbilli morbilli, mousetrap mousetrap, mousses mouss
mouths' mouth, muhajiroun muhajiroun, mukden mukden, multicolored multicolor, murmuring murmur
muscularity muscular, mythologist mythologist, myxobacterium myxobacterium, nalline nallin
naphazoline naphazolin, nebcin nebcin, necromantical necromant, neonatology neonatolog, nephrotoxin nephrotoxin
neurasthenic neurasthen, news news, niffy niffi, nitrobacter nitrobact, nonexistence nonexist
nonhierarchical nonhierarch, nonmusical nonmus, north's north, null null, obiism obiism, obstructor obstructor
occurrence occurr, ocean's ocean, ochotonidae ochotonida, octoberfest octoberfest, oculism ocul
omphalotus omphalotus, omphalus omphalus, only onli, onshore onshor, operatively oper, operator oper
optician optician, oregona oregona, ornamentalist ornamentalist, ornithopod ornithopod
osmoreceptor osmoreceptor, ouachita ouachita, outing outing, outings outing, overcoming overcom
overlapping overlap, overstrain overstrain, palermo palermo, pamlico pamlico, paneled panel, panoramic panoram
papaia papaia, paper's paper, paramount paramount, paranormal paranorm, parapsychology parapsycholog
pastinaca pastinaca, patrology patrolog, pavan pavan, peasanthood peasanthood, peavy peavi, penalized penal
pens pen, pensacola pensacola, pent pent, pentode pentod, perceptiveness percept, perforations perfor
pericardial pericardi, pericles pericl, peripateticism peripatetic, pesantren pesantren, phalaris phalari
pharisaic pharisa, pharmacological pharmacolog, philaenus philaenus, phosgene phosgen, photophobia photophobia
phylum phylum, physicalness physic, pickaback pickaback, pictural pictur, pigmy pigmi, pilaf pilaf
pinafore pinafor, pincers pincer, plautus plautus, playsuit playsuit, plumber's plumber, poetizer poetiz
poiretii poiretii, polo's polo, polyborus polyborus, polypodiaceae polypodiacea, popularity popular
porkfish porkfish, portulacaceae portulacacea, posing pose, postmodern postmodern, potion potion
prankish prankish, predication predic, prehension prehens, prehensors prehensor, probate probat
proboscis probosci, proceed proceed, profanely profan, promulgator promulg, propylene propylen
protozoon protozoon, psa psa, psittacus psittacus, psychoses psychos, pterodactylidae pterodactylida
puddler puddler, pulmonic pulmon, punkah punkah, punkey punkey, pygopus pygopus, pythia pythia, quark quark
quicken quicken, quieted quiet, racetrack racetrack, radicalli radic, raftman raftman, raid raid, ramate ramat
rambling rambl, raree rare, rate rate, rationally ration, reared rear, receptively recept, recondition recondit
recrimination recrimin, regulations regul, reigned reign, reintegrated reintegr, relational relat, remote remot
replacement replac, replanting replant, respirations respir, resurvey resurvey, reviser revis, revival reviv
rhombencephalon rhombencephalon, ridgel ridgel, riff riff, rigida rigida, roccellaceae roccellacea
roccus roccus, rochambeau rochambeau, roll roll, rollerblader rollerblad, romanticism romantic, rovere rover
ruminative rumin, salado salado, samarkand samarkand, sandbur sandbur, sashes sash, sayyid sayyid
scablands scabland, scheele scheel, scotian scotian, scrimpy scrimpi, sebastodes sebastod
secretariate secretari, secundiflorum secundiflorum, segregates segreg, select select
semiconductor semiconductor, sen sen, sensibiliti sensibl, sensitiviti sensit, sentimentalized sentiment
sequine sequin, sericulturist sericulturist, serpens serpen, sheath sheath, shifts shift, shingles shingl
shinrikyo shinrikyo, shrove shrove, sild sild, siliceous silic, sindhi sindhi, singly singl, skank skank
skaw skaw, skies sky, skis ski, sky sky, skyscraper skyscrap, sleepwear sleepwear, slosh slosh, snuffed snuf
so' so, soaker soaker, solder solder, soledad soledad, solitaire solitair, soundproofed soundproof
sphyraena sphyraena, spider's spider, spielmeyer spielmey, spilogale spilogal, squalidness squalid
stanzas stanza, starred star, steadily steadili, stickball stickbal, stonewalling stonewal, straggling straggl
straining strain, stratosphere stratospher, streusel streusel, stridulation stridul, structures structur
stub stub, subis subi, subliterary subliterari, succeed succeed, succeeded succeed, succour succour
sumerology sumerolog, superbia superbia, surround surround, suspending suspend, svelte svelt, swedes swede
swordtails swordtail, symbolising symbolis, syndactylism syndactyl, tampering tamper, tange tang, tef tef
telecast telecast, tellez tellez, tenacity tenac, tends tend, tenses tens, thibault thibault, thinly thin
this this, thud thud, thurify thurifi, ties tie, tilter tilter, tinbergen tinbergen, tines tine
tingidae tingida, tomboyishness tomboyish, topiary topiari, tort tort, trackball trackbal, traders trader
transduction transduct, translating translat, transpiring transpir, trentino trentino, triplicate triplic
trois troi, trollius trollius, troponym troponym, tupungato tupungato, twitter twitter, tying tie, typoes typo
ugly ugli, unbalconied unbalconi, uncheerfulness uncheer, unclasp unclasp, uncomprehending uncomprehend
unexpressive unexpress, ungregarious ungregari, unheard unheard, unintelligible unintellig
unlikelihood unlikelihood, unmercifully unmerci, unnerved unnerv, unprocessed unprocess, unsolicited unsolicit
unsufferable unsuffer, unwatchful unwatch, unwieldiness unwieldi, urination urin, usneaceae usneacea
valenci valenc, vehemence vehem, verbaliser verbalis, verbenaca verbenaca, verbolatry verbolatri
vermiculation vermicul, vertebrata vertebrata, vietnamization vietnam, vileli vile, villi villi
voidance voidanc, walker walker, wallet wallet, wannabe wannab, wark wark, whimsically whimsic, wholly wholli
whoredom whoredom, will will, willies willi, wintered winter, wisps wisp, wristband wristband, wyrd wyrd
xci xci, y y, yes yes, youth youth, zamia zamia
`
