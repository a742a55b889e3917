// Promise: a text falls apart into the tokens its analyzer's definition says, in every script, the same when stored and when searched for;
// a definition that makes no sense is refused with what would be right.

import { describe, expect, it } from 'vitest'
import { type AnalyzerDefinition, analyzerOf } from '../../../src/text/index.ts'

function tokens(definition: AnalyzerDefinition, text: string): string[] {
  return analyzerOf(definition).tokens(text)
}

const KEEP: AnalyzerDefinition = { tokenizer: 'standard' }
const WORDS: AnalyzerDefinition = { tokenizer: { type: 'standard', uax29: true } }

describe('standard', () => {
  it.each([
    ['The quick Brown-Foxes!', ['the', 'quick', 'brown', 'foxes']],
    ["O'Reilly can't jump 32.3 feet", ['o', 'reilly', 'can', 't', 'jump', '32', '3', 'feet']],
    ['---abc123---DEF_456---', ['abc123', 'def', '456']],
    [
      '\u00c9clair Stra\u00dfe \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac',
      ['\u00e9clair', 'stra\u00dfe', '\u03b5\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac'],
    ],
    ['\u4e2d\u6587, \u65e5\u672c\u8a9e', ['\u4e2d\u6587', '\u65e5\u672c\u8a9e']],
    ['x\u00b2 \u00bd \u2167', ['x\u00b2', '\u00bd', '\u2177']],
    ['\ud83d\ude00 smile \ud835\udc00', ['smile', '\ud835\udc00']],
    ['a\0b', ['a', 'b']],
    ['', []],
    ['!?', []],
  ])('takes %j apart', (text, expected) => {
    expect(tokens('standard', text)).toEqual(expected)
  })

  it('leaves words out', () => {
    expect(tokens({ type: 'standard', stopWords: ['the', 'of'] }, 'The end of it')).toEqual(['end', 'it'])
    expect(tokens({ type: 'standard', stopWords: ['_english_', 'end'] }, 'The end of time')).toEqual(['time'])
  })
})

describe('unicode', () => {
  it.each([
    ["O'Reilly can't jump 32.3 feet", ["O'Reilly", "can't", 'jump', '32.3', 'feet']],
    ['don\u2019t U.S.A. example.com', ['don\u2019t', 'U.S.A', 'example.com']],
    ['1,000 3;5 1, 2', ['1,000', '3;5', '1', '2']],
    ['a.1 1.a 1\u20ac', ['a', '1', '1', 'a', '1']],
    ['foo_bar __x__ ___ _', ['foo_bar', '__x__']],
    ["'quoted' end.", ['quoted', 'end']],
    ['key:value', ['key', 'value']],
    ['\u4e2d\u6587 \u4eee\u540d\u9063\u3044', ['\u4e2d', '\u6587', '\u4eee', '\u540d', '\u9063', '\u3044']],
    ['\u30ab\u30bf\u30ab\u30ca \u30b9\u30fc\u30d1\u30fc', ['\u30ab\u30bf\u30ab\u30ca', '\u30b9\u30fc\u30d1\u30fc']],
    ['\ud55c\uad6d\uc5b4 \ubb38\uc7a5', ['\ud55c\uad6d\uc5b4', '\ubb38\uc7a5']],
    [
      '\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0e04\u0e23\u0e31\u0e1a',
      ['\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35', '\u0e04\u0e23\u0e31\u0e1a'],
    ],
    [
      '\u0440\u0443\u0441\u0441\u043a\u0438\u0439 cafe\u0301',
      ['\u0440\u0443\u0441\u0441\u043a\u0438\u0439', 'cafe\u0301'],
    ],
    ['hi \ud83d\ude00\ud83d\udc69\u200d\ud83d\udd2c', ['hi', '\ud83d\ude00', '\ud83d\udc69\u200d\ud83d\udd2c']],
    ['\ud83c\udde8\ud83c\uddf3\ud83c\uddeb\ud83c\uddf7', ['\ud83c\udde8\ud83c\uddf3', '\ud83c\uddeb\ud83c\uddf7']],
    ['1\ufe0f\u20e3 \ud83d\udc4d\ud83c\udffd!', ['1\ufe0f\u20e3', '\ud83d\udc4d\ud83c\udffd']],
    ['mixed\u4e2d42', ['mixed', '\u4e2d', '42']],
    ['\0', []],
  ])('takes %j apart', (text, expected) => {
    expect(tokens(WORDS, text)).toEqual(expected)
    expect(tokens('unicode', text)).toEqual(expected.map((token) => token.toLowerCase()))
  })

  it('says the same about plain text by its shorter way as by the long one', () => {
    const texts = ["it's a 3.14 _test_ of x.y 1.a a.1 f(x,y); don''t 'a' 1,,2 1'000.5", 'a.b.c 1.2.3 __ a_1.2 A_.b']
    for (const text of texts) expect(tokens(WORDS, `${text} \u00e9`)).toEqual([...tokens(WORDS, text), '\u00e9'])
  })

  it('cuts what is too long', () => {
    const definition: AnalyzerDefinition = { tokenizer: { type: 'standard', uax29: true, maxTokenLength: 5 } }
    expect(tokens(definition, 'jumped in\u00e9vitable')).toEqual(['jumpe', 'd', 'in\u00e9vi', 'table'])
    expect(tokens('unicode', 'x'.repeat(300)).map((token) => token.length)).toEqual([255, 45])
  })
})

describe('english', () => {
  it('stems and leaves the common words out', () => {
    expect(tokens('english', 'The runners were running quickly to their houses')).toEqual([
      ...['runner', 'were', 'run', 'quick', 'hous'],
    ])
    expect(tokens({ type: 'english', stopWords: ['run'] }, 'running houses')).toEqual(['hous'])
    expect(tokens('english', "dogs' dog's dog")).toEqual(['dog', 'dog', 's', 'dog'])
  })
})

describe('chinese', () => {
  it('stores pairs and single characters, and searches for pairs', () => {
    const analyzer = analyzerOf('chinese')
    const text = '\u7cfb\u7edf\u5b89\u5168;lxyz'
    expect(analyzer.tokens(text)).toEqual([
      ...['\u7cfb', '\u7cfb\u7edf', '\u7edf', '\u7edf\u5b89', '\u5b89', '\u5b89\u5168', '\u5168', 'lxyz'],
    ])
    expect(analyzer.queryTokens(text)).toEqual(['\u7cfb\u7edf', '\u7edf\u5b89', '\u5b89\u5168', 'lxyz'])
    expect(analyzer.queryTokens('\u732b')).toEqual(['\u732b'])
  })
})

describe('other tokenizers', () => {
  it('splits at white space', () => {
    expect(tokens('whitespace', ' a-b\t C\u3000d\n')).toEqual(['a-b', 'C', 'd'])
  })

  it('takes the whole', () => {
    expect(tokens({ tokenizer: 'keyword', filters: ['lowercase'] }, 'New York')).toEqual(['new york'])
    expect(tokens({ tokenizer: 'keyword' }, '')).toEqual([])
    const segments = ["It's", ' ', '3.5', '%', ' ', 'of', '  ', 'e\u0301', ',', '\r\n', '\u4e2d', '_', '!', '!']
    expect(tokens({ tokenizer: 'segments' }, segments.join(''))).toEqual(segments)
    expect(tokens({ tokenizer: { type: 'segments' } }, 'a\0 \ud800b')).toEqual(['a', ' ', 'b'])
    expect(tokens({ tokenizer: 'segments' }, '')).toEqual([])
    expect(tokens({ tokenizer: 'segments' }, '!'.repeat(3_000_000))).toHaveLength(3_000_000)
  })

  it('makes n-grams', () => {
    expect(tokens({ tokenizer: { type: 'ngram', min: 2, max: 3 } }, 'abc \ud83d\ude00x')).toEqual([
      ...['ab', 'abc', 'bc', '\ud83d\ude00x'],
    ])
    expect(tokens({ tokenizer: { type: 'ngram', min: 2, max: 2, inWords: true } }, 'ab, c_d \u00e9\u00e8!')).toEqual([
      ...['ab', 'c_', '_d', '\u00e9\u00e8'],
    ])
    const { definition } = analyzerOf({ tokenizer: { type: 'ngram', min: 2, max: 2, inWords: false } })
    expect(definition).toEqual({ tokenizer: { type: 'ngram', min: 2, max: 2 }, filters: [] })
  })

  it('takes runs of letters, digits and underscores', () => {
    expect(tokens({ tokenizer: 'words' }, 'a_b-c, d.1')).toEqual(['a_b', 'c', 'd', '1'])
    const hindi = '\u0939\u093f\u0928\u094d\u0926\u0940'
    expect(tokens({ tokenizer: { type: 'words' } }, `${hindi}\uff0cX`)).toEqual([hindi, 'X'])
  })

  it('cuts runs of Han, kana and Hangul', () => {
    const analyzer = analyzerOf({ tokenizer: 'cjk' })
    const text = 'ab \ud55c\uad6d \u30c7\u30fc\u30bf\u306e\u4e2d caf\u00e9'
    expect(analyzer.queryTokens(text)).toEqual([
      ...['ab', '\ud55c\uad6d', '\u30c7\u30fc', '\u30fc\u30bf', '\u30bf\u306e', '\u306e\u4e2d', 'caf\u00e9'],
    ])
    expect(analyzer.tokens('\ud55c\uad6d')).toEqual(['\ud55c', '\ud55c\uad6d', '\uad6d'])
  })
})

describe('filters', () => {
  it.each<[AnalyzerDefinition, string, string[]]>([
    [{ ...KEEP, filters: ['lowercase'] }, 'A\u0130B', ['ai\u0307b']],
    [
      { ...KEEP, filters: ['asciifolding'] },
      'Caf\u00e9 \u00c6on Stra\u00dfe \uff21\uff22 \u65e5',
      ['Cafe', 'AEon', 'Strasse', 'AB', '\u65e5'],
    ],
    [{ tokenizer: 'whitespace', filters: ['asciifolding'] }, 'cafe\u0301 \u0439', ['cafe', '\u0439']],
    [{ ...KEEP, filters: ['alphanumonly'] }, 'abc \u00e91 42', ['abc', '42']],
    [{ ...KEEP, filters: ['cncharonly'] }, 'abc \u4e2d\u6587 \u4e2d1', ['\u4e2d\u6587']],
    [{ ...KEEP, filters: ['cnalphanumonly'] }, 'abc \u4e2d1 \u00e9', ['abc', '\u4e2d1']],
    [{ tokenizer: 'whitespace', filters: ['removepunct'] }, "a, b ! c it's 1.5 ?!", ['a,', 'b', 'c', "it's", '1.5']],
    [{ ...KEEP, filters: [{ type: 'length', max: 3 }] }, 'ab abc abcd \u00e9\u00e9', ['ab', 'abc']],
    [{ ...KEEP, filters: [{ type: 'length', min: 4, max: 4 }] }, 'abc abcd \ud835\udc00', ['abcd', '\ud835\udc00']],
    [{ ...KEEP, filters: [{ type: 'length', min: 3 }] }, 'ab abc', ['abc']],
    [{ ...KEEP, filters: ['lowercase', 'stop'] }, 'The end', ['end']],
    [{ ...KEEP, filters: [{ type: 'stop', stopWords: ['end'] }] }, 'The end', ['The']],
    [{ ...KEEP, filters: [{ type: 'stemmer', language: 'english' }] }, 'running', ['run']],
  ])('%j', (definition, text, expected) => {
    expect(tokens(definition, text)).toEqual(expected)
  })

  it('runs them in their order', () => {
    expect(tokens({ ...KEEP, filters: ['lowercase', { type: 'stop', stopWords: ['A'] }] }, 'A')).toEqual(['a'])
    expect(tokens({ ...KEEP, filters: [{ type: 'stop', stopWords: ['A'] }, 'lowercase'] }, 'A')).toEqual([])
  })
})

describe('filters with lists and patterns', () => {
  it('takes compound words apart that consist of listed ones alone, the longest first', () => {
    const wordList = ['dampf', 'schiff', 'fahrt', 'dampfschiff', 'brot', 'automat']
    const definition: AnalyzerDefinition = { ...KEEP, filters: ['lowercase', { type: 'decompounder', wordList }] }
    expect(tokens(definition, 'Dampfschifffahrt Brotbackautomat schiff schiffs')).toEqual([
      ...['dampfschiff', 'fahrt', 'brotbackautomat', 'schiff', 'schiffs'],
    ])
    // What follows sees the parts.
    const stopped: AnalyzerDefinition = {
      ...KEEP,
      filters: [
        { type: 'decompounder', wordList },
        { type: 'stop', stopWords: ['fahrt'] },
      ],
    }
    expect(tokens(stopped, 'schifffahrt')).toEqual(['schiff'])
  })

  // Their lengths were the arguments of one call: "Maximum call stack size exceeded" from some 125,000 words on, which is less than a
  // dictionary has.
  it('takes words apart by a list of any length', () => {
    const wordList = ['dampf', 'schiff', ...Array.from({ length: 200_000 }, (_, i) => `w${i}`)]
    const definition: AnalyzerDefinition = { ...KEEP, filters: [{ type: 'decompounder', wordList }] }
    expect(tokens(definition, 'dampfschiff')).toEqual(['dampf', 'schiff'])
  })

  // What follows it in a word was taken for the first word of the next document, and so on: searches found others than had the words.
  it('leaves U+0000 out of synonyms', () => {
    expect(tokens({ ...KEEP, filters: [{ type: 'synonym', synonyms: ['a => b\0c'] }] }, 'a')).toEqual(['a', 'bc'])
  })

  it.each([
    [true, 'fast happy joyful slow', ['fast', 'speedy', 'happy', 'joyful', 'happy', 'joyful', 'slow']],
    [false, 'fast quick happy joyful slow', ['speedy', 'speedy', 'happy', 'happy', 'slow']],
  ])('puts synonyms in, with expand %s', (expand, text, expected) => {
    const synonyms = ['fast, quick => speedy', ' happy,joyful ']
    expect(tokens({ ...KEEP, filters: [{ type: 'synonym', synonyms, expand }] }, text)).toEqual(expected)
  })

  it('adds up what several rules say of a word', () => {
    const synonyms = ['a => b', 'a => c, d', 'a, e']
    expect(tokens({ ...KEEP, filters: [{ type: 'synonym', synonyms }] }, 'a e')).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      'a',
      'e',
    ])
  })

  it.each([
    ['^(?!test)', 'testItem apple test', ['apple']],
    ['(?i)^T', 'test Two one', ['test', 'Two']],
    ['^\\d+$', '12 a1 \u0663', ['12', '\u0663']],
    ['^\\w+$', 'caf\u00e9 \u65e5', ['caf\u00e9', '\u65e5']],
    ['^[^\\W]', 'a', undefined],
    ['^[\\wx]$', '\u00e9 \u00e9\u00e9', ['\u00e9']],
    ['\\A(?P<first>a|b)\\z', 'a ab b', ['a', 'b']],
    ['\\bb', 'ab bc', ['bc']],
    ['[[:alpha:]]', 'a', undefined],
    ['[a-z&&b]', 'a', undefined],
    ['(', 'a', undefined],
  ])('keeps what matches %j', (expr, text, expected) => {
    const definition: AnalyzerDefinition = { ...KEEP, filters: [{ type: 'regex', expr }] }
    if (expected === undefined) expect(() => analyzerOf(definition)).toThrow('not a regular expression')
    else expect(tokens(definition, text)).toEqual(expected)
  })

  it('keeps the places of tokens', () => {
    const filters = [
      { type: 'synonym', synonyms: ['a => x'] },
      { type: 'stop', stopWords: ['b'] },
    ] as const
    expect(analyzerOf({ ...KEEP, filters }).placedTokens('a b c')).toEqual([
      { token: 'a', place: 0, source: 'a' },
      { token: 'x', place: 0, source: 'a' },
      { token: 'c', place: 2, source: 'c' },
    ])
  })
})

describe('definitions', () => {
  it('are completed, and equal ones are one analyzer', () => {
    expect(analyzerOf({ type: 'english' })).toBe(analyzerOf('english'))
    expect(analyzerOf({ tokenizer: { type: 'standard', uax29: true } }).definition).toEqual({
      tokenizer: { type: 'standard', uax29: true, maxTokenLength: 255 },
      filters: [],
    })
    const { definition } = analyzerOf({ tokenizer: 'standard', filters: ['stop', 'stemmer'] })
    expect(analyzerOf(JSON.parse(JSON.stringify(definition)))).toBe(analyzerOf(definition))
  })

  it.each<[unknown, RegExp]>([
    ['klingon', /no analyzer is called "klingon"; there is "standard"/],
    [{ type: 'english', stop_words: ['a'] }, /unknown option "stop_words".*"stopWords"/],
    [{ tokenizer: 'jieba' }, /no tokenizer is called "jieba"/],
    [{ tokenizer: 'standard', filters: ['lowercaes'] }, /no filter is called "lowercaes"/],
    [
      { tokenizer: 'standard', filters: [{ type: 'stemmer', language: 'klingon' }] },
      /no stemmer .*"klingon"; .*"german"/,
    ],
    [{ tokenizer: 'standard', filters: [{ type: 'length' }] }, /needs max or min/],
    [{ tokenizer: 'standard', filters: ['decompounder'] }, /wordList of filter "decompounder" is an array of texts/],
    [{ tokenizer: 'standard', filters: [{ type: 'decompounder', wordList: ['a', ''] }] }, /an array of texts/],
    [{ tokenizer: 'standard', filters: ['regex'] }, /expr of filter "regex" is a text, got undefined/],
    [{ tokenizer: 'standard', filters: [{ type: 'synonym', synonyms: [] }] }, /an array of texts, and not empty/],
    [{ tokenizer: 'standard', filters: [{ type: 'synonym', synonyms: ['a =>'] }] }, /a synonym rule is/],
    [{ tokenizer: 'standard', filters: [{ type: 'synonym', synonyms: ['a'], expand: 1 }] }, /expand .* got 1/],
    [{ tokenizer: 'standard', filters: 'lowercase' }, /filters of an analyzer are an array/],
    [{ tokenizer: { type: 'standard', maxTokenLength: 5 } }, /goes with uax29/],
    [{ tokenizer: { type: 'ngram', min: 3, max: 2 } }, /min of tokenizer "ngram" is a whole number from 1 to 2, got 3/],
    [
      { tokenizer: { type: 'ngram', min: 2, max: 2, inWords: 1 } },
      /inWords of tokenizer "ngram" is true or false, got 1/,
    ],
    [{ type: 'english', stopWords: ['_german_'] }, /no list of stop words is called "_german_"/],
    [{ type: 'english', stopWords: 'a' }, /stopWords is an array/],
    [{}, /neither/],
    [42, /got 42/],
    [null, /got null/],
    [() => 'never the source of a function', /got a function$/],
  ])('refuses %j', (definition, message) => {
    expect(() => analyzerOf(definition as AnalyzerDefinition)).toThrow(message)
  })
})

// A run of some millions of characters (numbers joined by commas, encoded bytes in a text that is not all ASCII) was a RangeError of the
// regular expression: no search found anything any more, and the database did not open.
describe('long texts', () => {
  const DEFINITIONS: readonly AnalyzerDefinition[] = [
    'standard',
    'unicode',
    'english',
    'chinese',
    'whitespace',
    { tokenizer: 'keyword', filters: ['alphanumonly', 'cnalphanumonly', 'cncharonly', 'removepunct'] },
    { tokenizer: 'whitespace', filters: [{ type: 'regex', expr: '^.\\w*' }] },
  ]

  it.each(['x', '\u00e9', '\u6f22', '1,', "a'", 'x\u0301', '\u30a2'])('may be one run of %j', (unit) => {
    const text = `first \u00fc ${unit.repeat(9_000_000 / unit.length)} last`
    for (const definition of DEFINITIONS) {
      const found = tokens(definition, text)
      if (typeof definition === 'string') expect([found[0], found.at(-1)]).toEqual(['first', 'last'])
    }
  })

  it('fall apart as short ones do', () => {
    const line = "Can't \u00dcber 1,234.5\t\u6f22\u5b57\u30ab\u30ca x\ufeff.y \ud83d\udc68\u200d\ud83d\udc69 a_b\n"
    const lines = Math.ceil(2_500_000 / line.length)
    for (const definition of DEFINITIONS.slice(0, 5)) {
      const one = tokens(definition, line)
      const found = tokens(definition, line.repeat(lines))
      expect(found.length).toBe(one.length * lines)
      expect(found.every((token, i) => token === one[i % one.length])).toBe(true)
    }
  })
})
