// The import rules of docs/design.md as data, and what breaks them.

import { type Import, importsOf, type Source, targetOf } from './sources.ts'

/** Which rooms of src/ a room may import. A new room gets its line here, with the issue that made it. */
const SRC: Readonly<Record<string, readonly string[]>> = {
  error: [],
  core: ['error'],
  storage: ['error'],
  value: ['core', 'storage', 'error'],
  journal: ['core', 'storage', 'error'],
  catalog: ['text', 'value', 'journal', 'error'],
  query: ['value', 'catalog', 'error'],
  // The file a database travels in.
  archive: ['catalog', 'error'],
  engine: ['archive', 'text', 'query', 'catalog', 'journal', 'value', 'storage', 'core', 'error'],
  text: ['value', 'error'],
  dialect: ['engine', 'query', 'text', 'value', 'error'],
  langchain: ['engine', 'catalog', 'error'],
  server: ['dialect', 'engine', 'error'],
  worker: ['archive', 'engine', 'storage', 'error'],
  cli: ['dialect', 'engine', 'error'],
  // The public door.
  'index.ts': ['engine', 'query', 'catalog', 'value', 'error'],
}

/** The same for assembly/. */
const ASSEMBLY: Readonly<Record<string, readonly string[]>> = {
  'abi.ts': [],
  memory: ['abi.ts'],
  kernel: ['abi.ts'],
  hash: ['memory', 'abi.ts'],
  record: ['memory', 'abi.ts'],
  slot: ['memory', 'abi.ts'],
  filter: ['record', 'slot', 'memory', 'abi.ts'],
  // Derived from records and following them: see store/change.
  inverted: ['filter', 'record', 'slot', 'hash', 'memory', 'abi.ts'],
  ordered: ['filter', 'record', 'slot', 'memory', 'abi.ts'],
  vector: ['record', 'slot', 'kernel', 'memory', 'abi.ts'],
  flat: ['vector', 'record', 'slot', 'kernel', 'memory', 'abi.ts'],
  hnsw: ['flat', 'vector', 'record', 'slot', 'kernel', 'memory', 'abi.ts'],
  group: ['record', 'memory', 'abi.ts'],
  // The partition: ties index, records and log together.
  store: ['filter', 'record', 'slot', 'hash', 'memory', 'abi.ts'],
  // The export tables of the core and of what is derived from records; that of filters is filter/exports.ts.
  derived: ['group', 'ordered', 'inverted', 'hnsw', 'flat', 'vector', 'kernel', 'abi.ts'],
  'index.ts': ['store', 'record', 'hash', 'abi.ts'],
}

/** Folders inside a room: which of their neighbours' code they may use. What lies above them in the room is free to all. */
const FOLDERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'src/engine': { file: [], read: [], indexes: ['read'], search: ['indexes', 'read'], write: ['read'] },
  'src/dialect/milvus': { geometry: [], expression: ['geometry'], search: [], client: ['search'] },
  'src/dialect/rethinkdb': { geometry: [], terms: ['geometry'] },
}

/** Rooms that may name `node:` modules. */
const NODE_ONLY = /^src\/(storage\/file(\.ts$|\/)|server\/|cli\/)/
/** The part of them that lies inside a room which browsers use: reached by `import()` alone. */
const NODE_ONLY_LAZY = /^src\/storage\/file(\.ts$|\/)/
/** What only a page needs, or only a worker: reached by `import()` alone, also from rooms below. */
const LAZY = /^src\/(worker|storage\/origin)\/index\.ts$/
/** Second doors: what few databases need. A page that only opens one never loads what lies behind them (`eagerFiles`). */
export const LAZY_DOORS: readonly string[] = [
  'src/core/derived/index.ts',
  'src/core/filter/index.ts',
  'src/catalog/indexes.ts',
  'src/catalog/stored.ts',
  'src/journal/index.ts',
  'src/text/fusion.ts',
  'src/text/index.ts',
  'src/query/filters.ts',
  'src/query/re2.ts',
  'src/query/like.ts',
  'src/query/arithmetic.ts',
  'src/engine/derived.ts',
  'src/engine/direct.ts',
  'src/engine/collate.ts',
  'src/engine/files.ts',
  'src/engine/official.ts',
  'src/engine/queries.ts',
  'src/engine/words.ts',
  'src/engine/pairs.ts',
]
/** Tests of one room may look behind its door; the room is named by their folder. */
const INSIDE_TEST = /^test\/(?:unit\/|core\/|assembly\/)/

export function brokenImportRules(files: readonly Source[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((one) => {
      const complaint = complaintAbout(one)
      return complaint === undefined ? [] : [`${one.path}:${one.line} '${one.specifier}': ${complaint}`]
    }),
  )
}

/** What is loaded with a file: itself and what it imports, and so on; types are not, nor what is behind `import()`. */
export function eagerFiles(files: readonly Source[], path: string): Set<string> {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]))
  const found = new Set<string>()
  const follow = (at: string) => {
    if (found.has(at)) return
    found.add(at)
    for (const one of imports.get(at) ?? []) {
      const target = one.kind === 'static' ? targetOf(one) : undefined
      if (target !== undefined) follow(target)
    }
  }
  follow(path)
  return found
}

function complaintAbout(one: Import): string | undefined {
  const target = targetOf(one)
  if (target === undefined) return packageComplaint(one)
  const [tree] = one.path.split('/')
  if (tree === 'assembly') return assemblyComplaint(one, target)
  if (tree === 'src') return srcComplaint(one, target)
  return outsideComplaint(one, target)
}

function packageComplaint({ path, specifier }: Import): string | undefined {
  const [tree] = path.split('/')
  if (tree === 'assembly') return 'assembly/ imports no package'
  if (tree === 'src' && specifier.startsWith('node:') && !NODE_ONLY.test(path)) {
    return 'only src/storage/file, src/server and src/cli may name Node modules'
  }
  return undefined
}

function srcComplaint({ path, kind }: Import, target: string): string | undefined {
  if (!target.startsWith('src/')) return 'src/ imports nothing outside of src/'
  if (!target.endsWith('.ts')) return 'imports carry the .ts extension'
  if (NODE_ONLY_LAZY.test(target) && !NODE_ONLY_LAZY.test(path) && kind === 'static') {
    return 'src/storage/file is reached by import() alone, so that browsers never load it'
  }
  const from = roomOf(path)
  const to = roomOf(target)
  if (from === to) return kind === 'type' ? undefined : folderComplaint(path, target)
  if (LAZY.test(target) && (kind === 'dynamic' || from === 'worker')) return undefined
  if (from.startsWith('dialect/') && to.startsWith('dialect/')) return 'a dialect never imports another'
  const complaint = roomComplaint(SRC, kindOf(from), kindOf(to))
  if (complaint !== undefined) return complaint
  if (
    target === `src/${to}/index.ts` ||
    LAZY_DOORS.includes(target) ||
    (NODE_ONLY_LAZY.test(target) && target.endsWith('/index.ts'))
  )
    return undefined
  return `other rooms import src/${to}/index.ts, nothing behind it`
}

function folderComplaint(path: string, target: string): string | undefined {
  const room = Object.keys(FOLDERS).find((one) => path.startsWith(`${one}/`))
  if (room === undefined) return undefined
  const [from, to] = [path, target].map((file) => file.slice(room.length + 1).split('/'))
  if (from!.length === 1 || to!.length === 1 || from![0] === to![0]) return undefined
  return roomComplaint(FOLDERS[room]!, from![0]!, to![0]!)
}

function assemblyComplaint({ path }: Import, target: string): string | undefined {
  if (!target.startsWith('assembly/')) return 'assembly/ imports nothing outside of assembly/'
  const from = assemblyRoomOf(path)
  const to = assemblyRoomOf(target)
  if (from === to) return undefined
  const complaint = roomComplaint(ASSEMBLY, from, to)
  if (complaint !== undefined || to.endsWith('.ts')) return complaint
  if (new RegExp(`^assembly/${to}(/index)?$`).test(target)) return undefined
  // What a room lends to JavaScript may have a door of its own, for the export table alone.
  const isTable = from === 'index.ts' || path === 'assembly/derived/index.ts'
  if (isTable && target === `assembly/${to}/exports`) return undefined
  return `other rooms import assembly/${to}, nothing behind it`
}

/** test/, bench/ and .ci/: anything, through a room's door. */
function outsideComplaint({ path, specifier }: Import, target: string): string | undefined {
  if (!target.startsWith('src/') || target === 'src/index.ts' || target.endsWith('/index.ts')) return undefined
  if (LAZY_DOORS.includes(target)) return undefined
  if (INSIDE_TEST.test(path)) return undefined
  return `${specifier} lies behind a door: import ${target.split('/').slice(0, 2).join('/')}/index.ts`
}

function roomComplaint(
  rules: Readonly<Record<string, readonly string[]>>,
  from: string,
  to: string,
): string | undefined {
  const allowed = rules[from]
  if (allowed === undefined) return `room "${from}" has no line in test/tidy/rooms.ts`
  if (allowed.includes(to)) return undefined
  return `"${from}" may import ${allowed.join(', ') || 'nothing'}; not "${to}"`
}

/** `src/core/hash.ts` is of `core`, `src/dialect/milvus/x.ts` of `dialect/milvus`. */
function roomOf(path: string): string {
  const [, room, inner] = path.split('/')
  return room === 'dialect' ? `dialect/${inner}` : room!
}

function kindOf(room: string): string {
  return room.split('/')[0]!
}

/** Imports of assembly/ carry no extension: a file at its top is named with it here. */
function assemblyRoomOf(path: string): string {
  const parts = path.split('/')
  const name = parts[1]!
  if (parts.length > 2) return name
  return ASSEMBLY[name] === undefined && ASSEMBLY[`${name}.ts`] !== undefined ? `${name}.ts` : name
}
