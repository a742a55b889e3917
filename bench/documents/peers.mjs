// Who takes part, and how each is loaded.

export const OURS_MEMORY = 'quiverdb-memory'
export const OURS_FILE = 'quiverdb-file'

/**
 * `groups` limits a peer to those it has something to say in. A variant is another way of using a peer that is there
 * already: the smoke run leaves it out.
 *
 * @type {Record<string, { title: string, short?: string, module: string, options?: object, isOnDisk?: boolean, isForeign?: boolean, isVariant?: boolean,
 *   groups?: string[] }>}
 */
export const PEERS = {
  [OURS_MEMORY]: { title: 'quiverdb memory', module: 'quiverdb', options: { medium: 'memory' } },
  [OURS_FILE]: { title: 'quiverdb directory', module: 'quiverdb', options: { medium: 'file' }, isOnDisk: true },
  map: { title: 'Map', module: 'map', options: { codec: 'plain' } },
  'map-clone': { title: 'Map + structuredClone', short: 'Map + clone', module: 'map', options: { codec: 'clone' } },
  'map-json': { title: 'Map + JSON', module: 'map', options: { codec: 'json' } },
  'map-msgpackr': { title: 'Map + msgpackr', module: 'map', options: { codec: 'msgpackr' }, isForeign: true },
  'sqlite-memory': { title: 'sqlite memory', module: 'sqlite', options: { medium: 'memory' }, isForeign: true },
  'sqlite-file': {
    title: 'sqlite file',
    module: 'sqlite',
    options: { medium: 'file' },
    isOnDisk: true,
    isForeign: true,
  },
  'sqlite-grouped': {
    title: 'sqlite file, writes grouped by hand',
    isVariant: true,
    short: 'sqlite, grouped',
    module: 'sqlite',
    options: { medium: 'file', isGrouped: true },
    isOnDisk: true,
    isForeign: true,
    groups: ['durable'],
  },
  lmdb: { title: 'lmdb', module: 'lmdb', options: {}, isOnDisk: true, isForeign: true },
  'lmdb-structures': {
    title: 'lmdb, shared structures',
    isVariant: true,
    short: 'lmdb, structures',
    module: 'lmdb',
    options: { hasStructures: true },
    isOnDisk: true,
    isForeign: true,
    groups: ['insert', 'insertOne', 'read', 'upsert', 'reopen', 'memory'],
  },
  'lmdb-sync': {
    title: 'lmdb, putSync',
    isVariant: true,
    module: 'lmdb',
    options: { isSync: true },
    isOnDisk: true,
    isForeign: true,
    groups: ['insertOne', 'upsert'],
  },
  level: { title: 'level', module: 'level', isOnDisk: true, isForeign: true },
  loki: { title: 'loki + clone', module: 'loki', isForeign: true },
  nedb: { title: 'nedb', module: 'nedb', isForeign: true },
}

/** Loads one peer; throws what its package throws where it is not installed or was not built. */
export async function loadPeer(name) {
  const { module, options = {} } = PEERS[name]
  const { load } = await import(`../compare/${module}.mjs`)
  return load(options)
}
