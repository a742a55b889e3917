// Who takes part, how each is loaded, and what has to be reached.

export const OURS = 'quiverdb-int8'
const OURS_F32 = 'quiverdb-f32'
const OURS_CODES = 'quiverdb-codes'

/** @type {Record<string, { title: string, module: string, options?: object, groups: string[], isForeign?: boolean }>} */
export const PEERS = {
  [OURS]: { title: 'quiverdb int8', module: 'quiverdb', options: { quantization: 'int8' }, groups: ['exact', 'graph'] },
  [OURS_F32]: {
    title: 'quiverdb f32',
    module: 'quiverdb',
    options: { quantization: 'none' },
    groups: ['exact', 'graph'],
  },
  [OURS_CODES]: {
    title: 'quiverdb codes only',
    module: 'quiverdb',
    options: { quantization: 'int8', keepVectors: false },
    groups: ['graph'],
  },
  usearch: { title: 'usearch f32', module: 'usearch', groups: ['exact', 'graph'], isForeign: true },
  'usearch-i8': {
    title: 'usearch i8',
    module: 'usearch',
    options: { scalar: 'i8' },
    groups: ['graph'],
    isForeign: true,
  },
  hnswlib: { title: 'hnswlib-node', module: 'hnswlib', groups: ['exact', 'graph'], isForeign: true },
  'sqlite-vec': { title: 'sqlite-vec', module: 'sqlite-vec', groups: ['exact'], isForeign: true },
  lancedb: { title: 'lancedb', module: 'lancedb', groups: ['exact'], isForeign: true },
  orama: { title: 'orama', module: 'orama', groups: ['exact'], isForeign: true },
}

/** @type {import('../harness/bars.mjs').Bar[]} */
export const BARS = [
  ...against('exact search, GloVe', 'glove:exact', OURS, { usearch: 4, 'sqlite-vec': 15, lancedb: 20 }),
  ...against('exact search, 768 lanes', 'clustered:exact', OURS, { usearch: 3 }),
  ...against('exact search without codes, 768 lanes', 'clustered:exact', OURS_F32, { usearch: 1.1 }),
  ...against('insert without a graph, GloVe', 'glove:insert', OURS, { 'sqlite-vec': 1.5, lancedb: 3 }),
  ...['glove', 'clustered'].flatMap((data) => [
    ...against(`graph at recall 0.95, ${data}`, `${data}:graph95`, OURS, { hnswlib: 2, usearch: 3 }),
    ...against(`graph at recall 0.99, ${data}`, `${data}:graph99`, OURS, { hnswlib: 2, usearch: 3 }),
  ]),
  ...against('building the graph, GloVe', 'glove:buildMs', OURS, { hnswlib: 2.5, usearch: 3.5 }),
  ...against('building the graph, 768 lanes', 'clustered:buildMs', OURS, { hnswlib: 2 }),
  atMost('file with its graph, GloVe', 'glove:fileRowBytes', OURS_F32, { peer: 'hnswlib', atMost: 1 }),
  atMost('file with its graph, GloVe', 'glove:fileRowBytes', OURS, { peer: 'hnswlib', atMost: 1.25 }),
  atMost('file with its graph, GloVe', 'glove:fileRowBytes', OURS_CODES, { peer: 'usearch-i8', atMost: 1.15 }),
  atMost('open to first answer, in times of reading the file, GloVe', 'glove:openMs', OURS, {
    over: 'glove:readMs',
    atMost: 1.5,
  }),
]

function against(title, figure, ours, peers) {
  return Object.entries(peers).map(([peer, times]) => ({ title, figure, ours, peer, times }))
}

function atMost(title, figure, ours, bar) {
  return { title, figure, ours, ...bar }
}

/** Loads one peer; throws what its package throws where it is not installed or was not built. */
export async function loadPeer(name) {
  const { module, options = {} } = PEERS[name]
  const { load } = await import(`../compare/vectors/${module}.mjs`)
  return load(options)
}
