// Node's EventEmitter, which programs ask connections for. Pages have the methods of it that users of the driver call.

import { builtin } from './host.ts'

// Programs declare what their listeners take.
// biome-ignore lint/suspicious/noExplicitAny: as in Node's types
export type Listener = (...args: any[]) => unknown

type Name = string | symbol

interface Registered {
  readonly event: Name
  readonly listener: Listener
  readonly isOnce: boolean
}

class OwnEmitter {
  /** Replaced by each change, so that those who are being told stay the same. */
  #registered: readonly Registered[] = []

  on(event: Name, listener: Listener, isOnce = false): this {
    this.#registered = [...this.#registered, { event, listener, isOnce }]
    return this
  }

  addListener(event: Name, listener: Listener): this {
    return this.on(event, listener)
  }

  once(event: Name, listener: Listener): this {
    return this.on(event, listener, true)
  }

  off(event: Name, listener: Listener): this {
    return this.removeListener(event, listener)
  }

  removeListener(event: Name, listener: Listener): this {
    const at = this.#registered.findLastIndex((one) => one.event === event && one.listener === listener)
    this.#registered = this.#registered.filter((_one, index) => index !== at)
    return this
  }

  removeAllListeners(event?: Name): this {
    this.#registered = this.#registered.filter((one) => event !== undefined && one.event !== event)
    return this
  }

  listeners(event: Name): Listener[] {
    return this.#registered.filter((one) => one.event === event).map((one) => one.listener)
  }

  listenerCount(event: Name): number {
    return this.listeners(event).length
  }

  setMaxListeners(_count: number): this {
    return this
  }

  emit(event: Name, ...args: unknown[]): boolean {
    const told = this.#registered.filter((one) => one.event === event)
    if (told.length === 0 && event === 'error') throw args[0]
    for (const { listener, isOnce } of told) {
      if (isOnce) this.removeListener(event, listener)
      listener.apply(this, args)
    }
    return told.length > 0
  }
}

export interface Emitter extends OwnEmitter {}
export const Emitter = (builtin('events') ?? OwnEmitter) as new () => OwnEmitter
