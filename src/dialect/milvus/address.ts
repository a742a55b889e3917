// What an address means: a directory, memory, or a server that the official SDK connects to.

import { loadDriver } from '../../engine/index.ts'
import { MilvusError } from './errors.ts'

const SDK = '@zilliz/milvus2-sdk-node'

/** Whether an address names a server: a URL, or host:port. Everything else is a path. */
export function isRemote(address: string): boolean {
  if (address === ':memory:' || /^file:/i.test(address)) return false
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return true
  if (/^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])$/i.test(address)) return true
  return /^(\[[0-9a-f:]+\]|[a-z0-9_.-]+):\d{1,5}(\/\S*)?$/i.test(address)
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  Y: 31_536_000_000,
}

/** A time token such as '30s' in milliseconds. */
export function parseTimeToken(token: string): number {
  const unit = UNITS[token.slice(-1)]
  if (unit === undefined) throw new MilvusError(1100, `Invalid time token: ${token}`, { isThrown: true })
  return Number.parseInt(token.slice(0, -1), 10) * unit
}

type Methods = Record<string, (...args: unknown[]) => unknown>

/** A member of a client that is not loaded yet: methods wait for it. */
function lazily(target: object, client: () => Promise<Methods>): object {
  return new Proxy(target, {
    get(own, name, receiver) {
      // A client must not look like a promise; and what was set on the handle is the handle's own.
      if (typeof name === 'symbol' || name === 'then' || Object.hasOwn(own, name))
        return Reflect.get(own, name, receiver)
      if (name === 'session') {
        return (...args: unknown[]) => lazily({}, async () => (await client())['session']!(...args) as Methods)
      }
      return async (...args: unknown[]) => {
        const loaded = await client()
        const member = loaded[name]
        if (typeof member !== 'function') {
          throw new MilvusError(1100, `MilvusClient of ${SDK} has no method ${name}`, { isThrown: true })
        }
        return await member.apply(loaded, args)
      }
    },
  })
}

/** A handle with the methods of the official client, which is loaded and constructed on the first call. */
export function remoteClient(handle: object, args: readonly unknown[]): object {
  let loading: Promise<Methods> | undefined
  const load = async () => {
    const driver = await loadDriver(SDK)
    // A CommonJS package may be wrapped.
    const names = ('MilvusClient' in driver ? driver : driver['default']) as Record<string, unknown>
    const Client = names['MilvusClient'] as new (...args: readonly unknown[]) => Methods
    return new Client(...args)
  }
  return lazily(handle, () => {
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  })
}
