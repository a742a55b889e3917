// A Map in four forms: as it is (shares its objects with the caller, so it is a floor and not a store), and with
// three ways of keeping documents apart from the caller's.
import { createRequire } from 'node:module'
import { fromJson, NOTHING_AWAITED, toJson, versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

/** @param {{ codec: 'plain' | 'clone' | 'json' | 'msgpackr' }} options */
export async function load({ codec }) {
  const codecs = {
    plain: () => ({ encode: (document) => document, decode: (document) => document, version: 'built in' }),
    clone: () => ({
      encode: (document) => structuredClone(document),
      decode: (stored) => structuredClone(stored),
      version: 'built in',
    }),
    json: () => ({ encode: toJson, decode: fromJson, version: 'built in' }),
    msgpackr: loadMsgpackr,
  }
  const { encode, decode, version } = codecs[codec]()
  return {
    version,
    awaited: NOTHING_AWAITED,
    open: async () => createStore(encode, decode),
  }
}

function loadMsgpackr() {
  const { Packr } = require('msgpackr')
  // `structures` lets records share their field names, and `moreTypes` brings typed arrays.
  const packr = new Packr({ structures: [], moreTypes: true })
  return {
    encode: (document) => packr.pack(document),
    decode: (bytes) => packr.unpack(bytes),
    version: versionOf('msgpackr'),
  }
}

function createStore(encode, decode) {
  const map = new Map()
  const put = (document) => {
    map.set(document.id, encode(document))
  }
  const putAll = (documents) => {
    for (const document of documents) map.set(document.id, encode(document))
  }
  const get = (key) => {
    const stored = map.get(key)
    return stored === undefined ? undefined : decode(stored)
  }
  return {
    insertBatch: putAll,
    insertOne: put,
    upsertBatch: putAll,
    upsertOne: put,
    get,
    getMany: (keys) => keys.map(get),
    scan: (visit) => {
      for (const stored of map.values()) visit(decode(stored))
    },
    close: () => map.clear(),
  }
}
