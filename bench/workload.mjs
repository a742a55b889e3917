// The documents that every suite measures with, and the numbers that prove two peers saw the same ones.
//
// W1: documents of about 284 bytes of JSON under UUID string keys, a seeded mix of six shapes.
// W2: the same with `embedding`, a Float32Array of 128 lanes.
//
// Document `i` is a function of (seed, i, version) alone, so that no process has to keep what it already
// wrote: 10^7 documents are generated in the order they are inserted, and any one of them can be made again
// to check a read. Documents are passed through JSON.parse, which gives them what a request gives them: flat
// strings that nobody has hashed yet.
import { pathToFileURL } from 'node:url'

export const DEFAULT_SEED = 20_26
export const VECTOR_LANES_COUNT = 128

/**
 * @typedef {Record<string, unknown> & { id: string }} Document
 * @typedef {{
 *   seed: number, rowsCount: number, lanesCount: number,
 *   key: (i: number) => string,
 *   keys: (slots: ArrayLike<number>) => string[],
 *   document: (i: number, version?: number) => Document,
 *   documents: (from: number, to: number, version?: number) => Document[],
 * }} Workload
 */

const WORDS = (
  'the of and to in is for that on with as are at be this from by an or it we can not have was which more data ' +
  'time when one all use new work number people first into two other some between after over where while line ' +
  'small system result found only point water light city market paper river music winter garden letter engine ' +
  'question answer window morning station history village journey bridge summer doctor family record measure ' +
  'pattern signal search vector index memory storage network release version feature network student teacher ' +
  'kitchen mountain harbour weather picture machine language library copper silver forest animal company service ' +
  'project meeting reason example simple quick careful usually rarely almost perhaps together instead under above'
).split(' ')

const WORDS_ABROAD = (
  'café naïve façade Zürich São señor größer łódź Ångström Ελλάδα привет мир данные город 東京 大阪 データ ' +
  '数据库 搜索 向量 서울 도시 שלום सागर 🙂 🚀 🌍'
).split(' ')

const FIRST_NAMES = 'Ada Grace Alan Edsger Barbara Donald Frances Ken Radia Tim Hedy Linus Mary Niklaus Sophie'.split(
  ' ',
)
const LAST_NAMES = 'Okafor Silva Novak Tanaka Meyer Rossi Larsen Dubois Kowalski Haddad Singh Moreau Walker'.split(' ')
const TAGS = 'news howto release opinion science travel food sport music art code data web mobile review'.split(' ')
const LANGS = ['en', 'en', 'en', 'en', 'de', 'fr', 'es', 'ja', 'pl', 'pt']

// Shares in percent. Every shape has id, title and content; each reads like something a real service stores.
const SHAPES_SHARE = [30, 25, 15, 12, 10, 8]
const DAY_MS = 86_400_000
const EPOCH_MS = Date.UTC(2020, 0, 1)
const ABROAD_PERCENT = 4

/** mulberry32: one 32-bit word of state, so that starting it anew for each document costs nothing. */
class Random {
  constructor(state) {
    this.state = state | 0
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }

  below(limit) {
    return Math.floor((this.next() / 4_294_967_296) * limit)
  }

  of(list) {
    return list[this.below(list.length)]
  }
}

function mix(a, b) {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) | 0
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A UUID in the form of version 4: lower case, 36 characters. */
function uuid(random) {
  const a = random.next()
  const b = random.next()
  const c = random.next()
  const d = random.next()
  const byte = (word, at) => HEX[(word >>> at) & 255]
  return [
    byte(a, 0),
    byte(a, 8),
    byte(a, 16),
    byte(a, 24),
    '-',
    byte(b, 0),
    byte(b, 8),
    '-',
    HEX[((b >>> 16) & 0x0f) | 0x40],
    byte(b, 24),
    '-',
    HEX[(c & 0x3f) | 0x80],
    byte(c, 8),
    '-',
    byte(c, 16),
    byte(c, 24),
    byte(d, 0),
    byte(d, 8),
    byte(d, 16),
    byte(d, 24),
  ].join('')
}

function words(random, count, isAbroad) {
  const picked = []
  for (let i = 0; i < count; i++) {
    // The square of a uniform number leans towards the front of the list, as real words do.
    const u = random.next() / 4_294_967_296
    if (isAbroad && random.below(3) === 0) picked.push(random.of(WORDS_ABROAD))
    else picked.push(WORDS[Math.floor(u * u * WORDS.length)])
  }
  return picked.join(' ')
}

function tags(random) {
  const count = 1 + random.below(3)
  const picked = []
  for (let i = 0; i < count; i++) picked.push(random.of(TAGS))
  return picked
}

function author(random) {
  return { name: `${random.of(FIRST_NAMES)} ${random.of(LAST_NAMES)}`, karma: random.below(50_000) }
}

function shapeOf(random) {
  let share = random.below(100)
  let shape = 0
  while (share >= SHAPES_SHARE[shape]) share -= SHAPES_SHARE[shape++]
  return shape
}

function plainDocument(id, random) {
  const shape = shapeOf(random)
  const isAbroad = random.below(100) < ABROAD_PERCENT
  const likes = random.below(100_000)
  const createdAt = new Date(EPOCH_MS + random.below(2_000) * DAY_MS + random.below(DAY_MS)).toISOString()
  const lang = random.of(LANGS)
  const text = (least, spread) => words(random, least + random.below(spread), isAbroad)
  switch (shape) {
    case 0: // article
      return {
        id,
        title: text(3, 4),
        content: text(6, 6),
        tags: tags(random),
        author: author(random),
        lang,
        likes,
        createdAt,
        published: random.below(10) > 0,
      }
    case 1: // comment
      return {
        id,
        title: text(2, 3),
        content: text(9, 9),
        author: { name: author(random).name },
        lang,
        likes,
        depth: random.below(8),
        createdAt,
        edited: random.below(4) === 0,
      }
    case 2: // product
      return {
        id,
        title: text(2, 3),
        content: text(7, 6),
        tags: tags(random),
        price: random.below(100_000) / 100,
        stock: random.below(500),
        rating: random.below(50) / 10,
        lang,
        likes,
        createdAt,
        available: likes % 3 > 0,
      }
    case 3: // place
      return {
        id,
        title: text(2, 3),
        content: text(5, 7),
        address: { city: text(1, 1), zip: random.below(90_000) + 10_000 },
        lat: (random.below(180_000_000) - 90_000_000) / 1e6,
        lon: (random.below(360_000_000) - 180_000_000) / 1e6,
        lang,
        likes,
        createdAt,
        open: random.below(2) === 0,
      }
    case 4: // event
      return {
        id,
        title: text(3, 3),
        content: text(5, 6),
        author: author(random),
        starts: createdAt,
        minutes: 15 * (1 + random.below(16)),
        lang,
        likes,
        seats: random.below(1_000),
        online: random.below(2) === 0,
        cancelled: random.below(20) === 0,
        room: random.below(3) === 0 ? null : text(1, 1),
      }
    default: // note
      return {
        id,
        title: text(3, 4),
        content: text(14, 11),
        tags: tags(random),
        lang,
        likes,
        createdAt,
        pinned: random.below(10) === 0,
      }
  }
}

function embedding(random, lanesCount) {
  const lanes = new Float32Array(lanesCount)
  for (let i = 0; i < lanesCount; i++) lanes[i] = random.next() / 2_147_483_648 - 1
  return lanes
}

/**
 * Makes the documents of one seed.
 *
 * @param {{ seed?: number, rowsCount: number, lanesCount?: number }} options - `lanesCount` 0 is W1, 128 is W2.
 * @returns {Workload}
 */
export function createWorkload({ seed = DEFAULT_SEED, rowsCount, lanesCount = 0 }) {
  const random = new Random(0)
  const key = (i) => {
    random.state = mix(seed, i)
    return uuid(random)
  }
  const document = (i, version = 0) => {
    const id = key(i)
    random.state = mix(mix(seed, i), 1)
    const plain = plainDocument(id, random)
    const lanes = lanesCount > 0 ? embedding(random, lanesCount) : undefined
    if (version > 0) {
      // What an edit does: another title of another length, a counter moved, the rest as it was.
      random.state = mix(mix(seed, i) + 2, version)
      plain.title = words(random, 2 + random.below(5), false)
      plain.likes += version
    }
    const made = JSON.parse(JSON.stringify(plain))
    if (lanes !== undefined) made.embedding = lanes
    return made
  }
  return {
    seed,
    rowsCount,
    lanesCount,
    key,
    keys: (slots) => Array.from(slots, key),
    document,
    documents: (from, to, version = 0) => {
      const made = new Array(to - from)
      for (let i = from; i < to; i++) made[i - from] = document(i, version)
      return made
    },
  }
}

/**
 * Hands out keys as strings that were never hashed, as those of a request are: a string used before carries its
 * hash, and a lookup in a plain Map then costs a third.
 */
export function createKeyring(workload) {
  const bytes = Buffer.allocUnsafe(workload.rowsCount * 36)
  for (let i = 0; i < workload.rowsCount; i++) bytes.latin1Write(workload.key(i), i * 36)
  const random = new Random(mix(workload.seed, -1))
  const key = (i) => bytes.latin1Slice(i * 36, i * 36 + 36)
  return {
    key,
    random: (count) => Array.from({ length: count }, () => key(random.below(workload.rowsCount))),
    randomSlots: (count) => Array.from({ length: count }, () => random.below(workload.rowsCount)),
  }
}

function hashText(text) {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/**
 * One number for a set of documents, whatever their order: a sum over all of a hash over their named fields.
 * A store that loses, doubles, mixes up or changes a document gets another number.
 */
export class Checksum {
  constructor() {
    this.count = 0
    this.sum = 0
  }

  add(document) {
    const { id, title, content, tags: labels, author: by, likes, createdAt, starts, lang, embedding: lanes } = document
    const text = JSON.stringify([id, title, content, labels, by, likes, createdAt ?? starts, lang])
    let hash = hashText(text)
    if (lanes !== undefined) hash ^= Math.round(lanes[0] * 1e6) ^ Math.round(lanes[lanes.length - 1] * 1e6)
    this.sum = (this.sum + (hash >>> 0)) % Number.MAX_SAFE_INTEGER
    this.count++
  }

  toString() {
    return `${this.count}:${this.sum.toString(36)}`
  }
}

/** What the workload really weighs: printed with every result. */
export function measureWorkload(workload, samplesCount = Math.min(workload.rowsCount, 20_000)) {
  const shapes = new Set()
  let jsonBytes = 0
  let abroadCount = 0
  for (let i = 0; i < samplesCount; i++) {
    const document = workload.document(i)
    shapes.add(Object.keys(document).join())
    const { embedding: _lanes, ...plain } = document
    const json = JSON.stringify(plain)
    const bytes = Buffer.byteLength(json)
    jsonBytes += bytes
    if (bytes !== json.length) abroadCount++
  }
  return {
    jsonBytesMean: Number((jsonBytes / samplesCount).toFixed(1)),
    shapesCount: shapes.size,
    nonAsciiPercent: Number(((100 * abroadCount) / samplesCount).toFixed(2)),
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const rowsCount = Number(process.argv[2] ?? 20_000)
  for (const lanesCount of [0, VECTOR_LANES_COUNT]) {
    const workload = createWorkload({ rowsCount, lanesCount })
    console.log(lanesCount === 0 ? 'W1' : 'W2', measureWorkload(workload))
    if (lanesCount === 0) for (let i = 0; i < 6; i++) console.log(JSON.stringify(workload.document(i)))
  }
}
