// Promise: words of each language are stemmed as the Snowball project's stemmers do it; those beyond English are loaded when needed.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { STEM_LANGUAGES, type StemLanguage } from '../../../src/text/stemmer.ts'

/** Words and their stems, as the Snowball project's own implementation (libstemmer 2.2.0) gives them. */
const STEMS: Readonly<Record<Exclude<StemLanguage, 'english'>, string>> = {
  arabic: 'المكتبات مكتب, والطلاب والطلاب, يكتبون يكتب, كتابها كتاب, سيذهبون يذهب, المعلمين معلم',
  danish: 'undervisning undervisning, bøgerne bøg, indtægterne indtæg, hurtigere hurt, skolernes skol, løbende løb',
  dutch:
    'lichamelijkheid licham, boeken boek, gelopen gelop, kinderen kinder, opglimpende opglimp, mogelijkheden mogelijk',
  finnish:
    'taloissamme talo, kirjastoista kirjasto, juoksentelisinkohan juoksentelisinko, lapsillemme laps, edeltäjistään edeltäj, kaupungeissa kaupung',
  french:
    'continuellement continuel, majestueuses majestu, chevaux cheval, finissons fin, bibliothèques bibliothequ, nationalisation nationalis',
  german:
    'häuser haus, aufeinanderfolgenden aufeinanderfolg, bücherei bucherei, kategorischen kategor, läuferinnen lauferinn, freundlichkeiten freundlich',
  greek: 'βιβλιοθήκες βιβλιοθηκ, τρέχοντας τρεχ, παιδιά πα, ανθρώπους ανθρωπ, γράφουμε γραφ, σπιτιών σπιτ',
  hungarian:
    'könyvtárakban könyvtár, házaimból ház, gyerekeknek gyerek, babakocsijáért babakocs, almákat alma, futottak futott',
  italian:
    'biblioteche bibliotec, abbandonata abbandon, correndo corr, propagazione propag, parlavamo parl, pronunciamento pronunc',
  norwegian:
    'opplysningene opplysning, bøkene bøk, havnemyndigheter havnemynd, hurtigste hurtigst, skolenes skol, opning opning',
  portuguese:
    'bibliotecas bibliotec, boataria boat, quilométricos quilométr, correndo corr, nacionalidades nacional, cantávamos cant',
  romanian:
    'bibliotecilor bibliotec, alergând alerg, absolutismului absolutist, copiilor cop, frumoasele frumoas, scriseră scri',
  russian: 'библиотеками библиотек, бегущие бегущ, важнейшими важн, читавшего чита, красивейшая красив, дома дом',
  spanish:
    'bibliotecas bibliotec, cheques chequ, corriendo corr, toreadores toreador, nacionalidades nacional, cantábamos cant',
  swedish:
    'biblioteken bibliotek, jaktkarlarne jaktkarl, springande spring, klokheten klok, flickornas flick, möjligheter möj',
  tamil: 'புத்தகங்கள் புத்தகம், வீடுகளில் வீடு, ஓடினார்கள் ஓடி, மரங்களை மரங், பள்ளிக்கு பள்ளி, குழந்தைகளுக்கு குழந்தைகள்',
  turkish:
    'kitaplarımızdan kitap, evlerinizde ev, koşuyordu koşuyor, çocuklarının çocuk, güzelliği güzellik, okullarda okul',
}

// Each test loads anew: what one has loaded the next would not wait for.
let text: typeof import('../../../src/text/index.ts')
beforeEach(async () => {
  vi.resetModules()
  text = await import('../../../src/text/index.ts')
})

const stems = (language: string) => ({
  tokenizer: 'whitespace' as const,
  filters: ['lowercase' as const, { type: 'stemmer' as const, language: language as StemLanguage }],
})

describe('stems of a language', () => {
  it.each(Object.entries(STEMS))('%s', async (language, listed) => {
    const pairs = listed.split(', ').map((pair) => pair.split(' '))
    await text.loadAnalyzers(['english', stems(language)])
    const { tokens } = text.analyzerOf(stems(language))
    for (const [word, stem] of pairs) expect([word, tokens(word!)]).toEqual([word, [stem]])
  })

  it('are there for every language that is named', () => {
    expect([...Object.keys(STEMS), 'english'].sort()).toEqual([...STEM_LANGUAGES].sort())
  })
})

it('says when to come again, where they were not loaded before', async () => {
  const { definition, tokens } = text.analyzerOf(stems('german'))
  expect(definition).toEqual(stems('german'))
  let ready: Promise<void> | undefined
  try {
    tokens('H\u00e4user')
  } catch (error) {
    expect(error).toMatchObject({ code: 'QUIVER_STATE' })
    ready = (error as { details: { ready: Promise<void> } }).details.ready
  }
  expect(ready).toBeInstanceOf(Promise)
  await ready
  expect(tokens('H\u00e4user')).toEqual(['haus'])
})

it('loads nothing for English', async () => {
  const loading = vi.fn()
  vi.doMock('../../../src/text/stems.ts', loading)
  await text.loadAnalyzers(['english', stems('english'), { tokenizer: 'standard', filters: ['stemmer'] }])
  expect(text.analyzerOf(stems('english')).tokens('Running')).toEqual(['run'])
  expect(loading).not.toHaveBeenCalled()
  vi.doUnmock('../../../src/text/stems.ts')
})
