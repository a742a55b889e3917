// What Node has and browsers do not.

interface Machine {
  createContext(sandbox: object, options: object): object
  Script: new (source: string) => { runInContext(context: object, options: { timeout: number }): unknown }
}

interface Modules {
  createRequire(path: string): (name: string) => unknown
}

interface Host {
  readonly Buffer?: { from(bytes: Uint8Array): Uint8Array; isBuffer(value: unknown): boolean }
  readonly process?: { getBuiltinModule?(name: string): unknown; listenerCount?(event: string): number; cwd?(): string }
}

const host = globalThis as unknown as Host

/** Whether the value is a Node Buffer; any other byte array is a plain object to this driver. */
export function isBuffer(value: unknown): value is Uint8Array {
  return host.Buffer?.isBuffer(value) === true
}

/** The bytes as the driver returns them. */
export function asBuffer(bytes: Uint8Array): Uint8Array {
  return host.Buffer?.from(bytes) ?? bytes
}

/** A module of the host's own. */
export function builtin(name: string): unknown {
  return host.process?.getBuiltinModule?.(`node:${name}`)
}

/** Runs JavaScript in a context of its own, where the host can. */
export function javaScriptMachine(): Machine | undefined {
  return builtin('vm') as Machine | undefined
}

/** The package as the program's folder has it, where the host can look it up at once. */
export function packageOf(name: string): unknown {
  const modules = builtin('module') as Modules | undefined
  return modules?.createRequire(`${host.process!.cwd!()}/`)(name)
}

/** Whether an unhandled rejection would end the process, because nobody listens for those. */
export function endsOfRejections(): boolean {
  return host.process?.listenerCount?.('unhandledRejection') === 0
}
