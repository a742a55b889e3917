// A sign of life that no crash can leave behind: a listening socket in the database's directory. The kernel closes it
// the moment its process dies, or its worker thread ends, and others see a refused connection. Unlike a pid it means
// the same in every container on the machine, is never reused by another process, and distinguishes two threads. A
// blocked or stopped process still answers, since the kernel itself accepts the connection.

import { existsSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { codeOf, removeQuietly } from './host.ts'

const ADDRESS_BYTES_MAX = 100 // sockaddr_un holds 104 bytes on macOS, 108 on Linux, and Node cuts what is longer.

/** `unclear`: the platform does not tell. */
export type Answer = 'yes' | 'no' | 'unclear'

export class Beacon {
  readonly #server: Server
  readonly #file: string | undefined

  private constructor(server: Server, file: string | undefined) {
    this.#server = server
    this.#file = file
  }

  /** Creates a beacon for `token`; undefined where the platform or the file system has no such sockets. */
  static async light(folder: string, token: string): Promise<Beacon | undefined> {
    // The socket is bound under one name and published under another. First, nobody finds it before it listens. Second,
    // Node removes the name it has bound when a thread is terminated from outside; the published one stays, and refuses
    // connections, which is the sign.
    const hidden = hiddenBeaconName(token)
    const server = createServer((connection) => connection.destroy())
    try {
      await withAddress(folder, hidden, token, (address) => listen(server, address))
      server.on('error', () => {}) // A failed accept concerns only the process that asked.
      server.unref()
      if (process.platform === 'win32') return new Beacon(server, undefined)
      const file = join(folder, beaconName(token))
      renameSync(join(folder, hidden), file)
      return new Beacon(server, file)
    } catch {
      server.close()
      removeQuietly(join(folder, hidden))
      return undefined
    }
  }

  async extinguish(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    if (this.#file !== undefined) removeQuietly(this.#file)
  }
}

export async function beaconAnswers(folder: string, token: string): Promise<Answer> {
  try {
    return await withAddress(folder, beaconName(token), token, connect)
  } catch {
    return 'unclear'
  }
}

/** False only where it is sure that there is none: it may have been deleted, or not been copied. */
export function hasBeaconFile(folder: string, token: string): boolean {
  return process.platform === 'win32' || existsSync(join(folder, beaconName(token)))
}

const beaconName = (token: string): string => `quiver.lock.s-${token}`
const hiddenBeaconName = (token: string): string => `quiver.lock.n-${token}`

async function withAddress<T>(
  folder: string,
  name: string,
  token: string,
  use: (address: string) => Promise<T>,
): Promise<T> {
  if (process.platform === 'win32') return use(`\\\\.\\pipe\\quiverdb-${token}`)
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= ADDRESS_BYTES_MAX) return use(path)
  if (process.platform !== 'linux') throw new Error(`${path} is too long for the address of a socket`)
  const handle = await open(folder, 'r')
  try {
    return await use(`/proc/self/fd/${handle.fd}/${name}`)
  } finally {
    await handle.close()
  }
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Exclusive: in a cluster the primary process would hold the socket, and outlive us. Writable for all: processes of
    // other users must be able to connect.
    server.listen({ path: address, exclusive: true, readableAll: true, writableAll: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function connect(address: string): Promise<Answer> {
  return new Promise((resolve) => {
    const connection = createConnection({ path: address })
    connection.once('connect', () => {
      connection.destroy()
      resolve('yes')
    })
    connection.on('error', (error) => {
      const code = codeOf(error)
      // A socket's file may have been deleted; a pipe is there as long as its process.
      if (code === 'ECONNREFUSED' || (code === 'ENOENT' && process.platform === 'win32')) resolve('no')
      // EAGAIN: somebody listens and has a full queue. ECONNRESET: somebody accepted and hung up, as we do.
      else resolve(code === 'EAGAIN' || code === 'ECONNRESET' ? 'yes' : 'unclear')
    })
  })
}
