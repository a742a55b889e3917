// What Node has and a browser has not.

interface Machine {
  createContext(sandbox: object, options: object): object
  Script: new (source: string) => { runInContext(context: object, options: { timeout: number }): unknown }
}

interface Host {
  readonly Buffer?: { from(bytes: Uint8Array): Uint8Array; isBuffer(value: unknown): boolean }
  readonly process?: { getBuiltinModule?(name: string): unknown; listenerCount?(event: string): number }
}

const host = globalThis as unknown as Host

/** Whether the value is one of Node's Buffers; what else is made of bytes is an object to this driver. */
export function isBuffer(value: unknown): value is Uint8Array {
  return host.Buffer?.isBuffer(value) === true
}

/** The bytes as the driver hands them over. */
export function asBuffer(bytes: Uint8Array): Uint8Array {
  return host.Buffer?.from(bytes) ?? bytes
}

/** What runs JavaScript in a context of its own, where there is such a thing. */
export function javaScriptMachine(): Machine | undefined {
  return host.process?.getBuiltinModule?.('node:vm') as Machine | undefined
}

/** Whether the process would end of a rejection that nobody takes, because nobody listens for those either. */
export function endsOfRejections(): boolean {
  return host.process?.listenerCount?.('unhandledRejection') === 0
}
