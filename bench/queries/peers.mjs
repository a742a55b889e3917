// Who takes part, how each is loaded, and what has to be reached.

export const OURS_MEMORY = 'quiverdb-memory'
export const OURS_FILE = 'quiverdb-file'
export const OURS_INDEXED = 'quiverdb-indexed'

/** @type {Record<string, { title: string, module: string, options?: object, isOnDisk?: boolean, isForeign?: boolean }>} */
export const PEERS = {
  [OURS_MEMORY]: { title: 'quiverdb memory', module: 'quiverdb', options: { medium: 'memory' } },
  [OURS_FILE]: { title: 'quiverdb directory', module: 'quiverdb', options: { medium: 'file' }, isOnDisk: true },
  [OURS_INDEXED]: {
    title: 'quiverdb directory with an index on likes',
    module: 'quiverdb',
    options: { medium: 'file', hasIndex: true },
    isOnDisk: true,
  },
  array: { title: 'array of live objects', module: 'array' },
  loki: { title: 'loki + clone', module: 'loki', isForeign: true },
  lmdb: { title: 'lmdb', module: 'lmdb', isOnDisk: true, isForeign: true },
  'sqlite-json': {
    title: 'sqlite, json_extract',
    module: 'sqlite',
    options: { columns: 'none' },
    isOnDisk: true,
    isForeign: true,
  },
  'sqlite-columns': {
    title: 'sqlite, generated columns',
    module: 'sqlite',
    options: { columns: 'stored' },
    isOnDisk: true,
    isForeign: true,
  },
  'sqlite-indexed': {
    title: 'sqlite, generated columns with an index on likes',
    module: 'sqlite',
    options: { columns: 'indexed' },
    isOnDisk: true,
    isForeign: true,
  },
}

/** @type {import('../harness/bars.mjs').Bar[]} */
export const BARS = [
  ...against('filter, 1 % hits, documents returned', 'find', {
    lmdb: 10,
    'sqlite-json': 6,
    'sqlite-columns': 2,
    array: 0.8,
  }),
  ...against('count by the same filter', 'count', { lmdb: 15 }),
  ...against('range by an index, 1 %', 'range', { 'sqlite-indexed': 1 }),
  ...against('the same range counted', 'rangeCount', { 'sqlite-indexed': 1 }),
]

function against(title, figure, peers) {
  return Object.entries(peers).map(([peer, times]) => ({
    title,
    figure,
    ours: peer === 'array' ? OURS_MEMORY : peer === 'sqlite-indexed' ? OURS_INDEXED : OURS_FILE,
    peer,
    times,
  }))
}

/** Loads one peer; throws what its package throws where it is not installed or was not built. */
export async function loadPeer(name) {
  const { module, options = {} } = PEERS[name]
  const { load } = await import(`../compare/queries/${module}.mjs`)
  return load(options)
}
