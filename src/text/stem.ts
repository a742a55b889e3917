// The English stemmer of the Snowball project ("Porter2"), written from its published description,
// https://snowballstem.org/algorithms/english/stemmer.html. Expects words in lower case; anything not made of letters
// is returned unchanged.

const VOWEL = /[aeiouy]/
const WORD = /^[a-z']+$/
const DOUBLE = /(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/
/**
 * A vowel followed by a consonant other than w, x and Y, and preceded by a consonant; or an initial vowel followed by a
 * consonant.
 */
const SHORT_END = /(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$/
const R1_PREFIX = /^(?:gener|commun|arsen)/
const REGION = /[aeiouy][^aeiouy]/

const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['skis', 'ski'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['idly', 'idl'],
  ['gently', 'gentl'],
  ['ugly', 'ugli'],
  ['early', 'earli'],
  ['only', 'onli'],
  ['singly', 'singl'],
  ...['sky', 'news', 'howe', 'atlas', 'cosmos', 'bias', 'andes'].map((word) => [word, word] as const),
])
/** Not changed further once their plural is removed. */
const STANDING = new Set(['inning', 'outing', 'canning', 'herring', 'earring', 'proceed', 'exceed', 'succeed'])

/**
 * Suffixes with their replacements, longest first: the first that fits decides, whether or not it is far enough to the
 * right.
 */
type Rules = readonly (readonly [suffix: string, replacement: string])[]

const STEP_2: Rules = [
  ['ational', 'ate'],
  ['fulness', 'ful'],
  ['iveness', 'ive'],
  ['ization', 'ize'],
  ['ousness', 'ous'],
  ['biliti', 'ble'],
  ['lessli', 'less'],
  ['tional', 'tion'],
  ['alism', 'al'],
  ['aliti', 'al'],
  ['ation', 'ate'],
  ['entli', 'ent'],
  ['fulli', 'ful'],
  ['iviti', 'ive'],
  ['ousli', 'ous'],
  ['abli', 'able'],
  ['alli', 'al'],
  ['anci', 'ance'],
  ['ator', 'ate'],
  ['enci', 'ence'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['ogi', 'og'],
  ['li', ''],
]
const STEP_3: Rules = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['alize', 'al'],
  ['ative', ''],
  ['icate', 'ic'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ness', ''],
  ['ful', ''],
]
const STEP_4: readonly string[] = [
  ...['ement', 'able', 'ance', 'ence', 'ible', 'ment', 'ant', 'ate', 'ent', 'ion', 'ism', 'iti', 'ive', 'ize', 'ous'],
  ...['al', 'er', 'ic'],
]

/** Start of the region after the first consonant that follows a vowel, searching from `from` on. */
function regionOf(word: string, from: number): number {
  const at = word.slice(from).search(REGION)
  return at < 0 ? word.length : from + at + 2
}

function endsShort(word: string): boolean {
  return SHORT_END.test(word)
}

function step1a(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2)
  if (word.endsWith('ied') || word.endsWith('ies')) return word.slice(0, word.length > 4 ? -2 : -1)
  if (word.endsWith('us') || word.endsWith('ss') || !word.endsWith('s')) return word
  return VOWEL.test(word.slice(0, -2)) ? word.slice(0, -1) : word
}

function step1b(word: string, r1: number): string {
  const eed = /eed(?:ly)?$/.exec(word)
  if (eed !== null) return eed.index >= r1 ? `${word.slice(0, eed.index)}ee` : word
  const past = /(?:ed|ing)(?:ly)?$/.exec(word)
  if (past === null) return word
  const stem = word.slice(0, past.index)
  if (!VOWEL.test(stem)) return word
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`
  if (DOUBLE.test(stem)) return stem.slice(0, -1)
  return r1 >= stem.length && endsShort(stem) ? `${stem}e` : stem
}

function step2(word: string, r1: number): string {
  const rule = STEP_2.find(([suffix]) => word.endsWith(suffix))
  if (rule === undefined) return word
  const [suffix, replacement] = rule
  const at = word.length - suffix.length
  if (at < r1) return word
  if (suffix === 'ogi' && word[at - 1] !== 'l') return word
  if (suffix === 'li' && !/[cdeghkmnrt]/.test(word[at - 1] ?? '')) return word
  return word.slice(0, at) + replacement
}

function step3(word: string, r1: number, r2: number): string {
  const rule = STEP_3.find(([suffix]) => word.endsWith(suffix))
  if (rule === undefined) return word
  const [suffix, replacement] = rule
  const at = word.length - suffix.length
  if (at < r1 || (suffix === 'ative' && at < r2)) return word
  return word.slice(0, at) + replacement
}

function step4(word: string, r2: number): string {
  const suffix = STEP_4.find((candidate) => word.endsWith(candidate))
  if (suffix === undefined) return word
  const at = word.length - suffix.length
  if (at < r2 || (suffix === 'ion' && word[at - 1] !== 's' && word[at - 1] !== 't')) return word
  return word.slice(0, at)
}

function step5(word: string, r1: number, r2: number): string {
  const at = word.length - 1
  if (word.endsWith('e') && (at >= r2 || (at >= r1 && !endsShort(word.slice(0, -1))))) return word.slice(0, -1)
  return word.endsWith('ll') && at >= r2 ? word.slice(0, -1) : word
}

/** The stem of an English word in lower case. */
export function stemEnglish(given: string): string {
  if (given.length < 3 || !WORD.test(given)) return given
  const exception = EXCEPTIONS.get(given)
  if (exception !== undefined) return exception
  let word = given.startsWith("'") ? given.slice(1) : given
  // A y at the start of the word or after a vowel is a consonant, written Y.
  word = word.replace(/^y/, 'Y').replace(/([aeiouy])y/g, '$1Y')
  const prefix = R1_PREFIX.exec(word)
  const r1 = prefix === null ? regionOf(word, 0) : prefix[0].length
  const r2 = regionOf(word, r1)
  word = step1a(word.replace(/(?:'s'|'s|')$/, ''))
  if (STANDING.has(word)) return word
  word = step1b(word, r1)
  if (word.length > 2 && /[^aeiouy][yY]$/.test(word)) word = `${word.slice(0, -1)}i`
  word = step2(word, r1)
  word = step3(word, r1, r2)
  word = step4(word, r2)
  word = step5(word, r1, r2)
  return word.replaceAll('Y', 'y')
}
