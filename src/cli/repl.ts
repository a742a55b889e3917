// A prompt with an open database, in each of its five interfaces.

import { start } from 'node:repl'
import { open } from '../engine/index.ts'
import { print, type Streams } from './screen.ts'

const WELCOME = `db is the database; collection('name') one of its collections. Results of promises are waited for.
In other words: r and connection (RethinkDB), milvus (MilvusClient), epsilla (EpsillaDB), seekdb (SeekdbClient).`

/** Runs until the input ends. */
export async function repl(path: string, streams: Streams): Promise<void> {
  const db = await open(path)
  print(streams, WELCOME)
  const server = start({
    prompt: 'quiverdb> ',
    input: streams.input,
    output: streams.output,
    useGlobal: false,
    ignoreUndefined: true,
  })
  Object.assign(server.context, { db, collection: (name: string) => db.collection(name) })
  lazily(server.context, {
    r: async () => (await import('../dialect/rethinkdb/index.ts')).default,
    connection: async () => {
      const { default: r } = (await import('../dialect/rethinkdb/index.ts')) as never as {
        default: { connect(options: object): unknown }
      }
      return await r.connect({ database: db })
    },
    milvus: async () => {
      const { MilvusClient } = await import('../dialect/milvus/index.ts')
      return new MilvusClient({ database: db } as never)
    },
    epsilla: async () => {
      const { EpsillaDB } = await import('../dialect/epsilla/index.ts')
      return new EpsillaDB({ database: db })
    },
    seekdb: async () => {
      const { SeekdbClient } = await import('../dialect/seekdb/index.ts')
      return new SeekdbClient({ database: db } as never)
    },
  })
  await new Promise<void>((resolve) => server.once('exit', resolve))
  await db.close()
}

/** Values that are created when first accessed: `await r`. */
function lazily(context: object, makers: Record<string, () => Promise<unknown>>): void {
  for (const [name, make] of Object.entries(makers)) {
    let made: Promise<unknown> | undefined
    Object.defineProperty(context, name, {
      configurable: true,
      get: () => {
        made ??= make()
        return made
      },
    })
  }
}
