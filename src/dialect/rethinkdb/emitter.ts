// The few methods of Node's EventEmitter that users of the driver call.

// Programs declare what their listeners take.
// biome-ignore lint/suspicious/noExplicitAny: as in Node's types
export type Listener = (...args: any[]) => unknown

interface Registered {
  readonly listener: Listener
  readonly isOnce: boolean
}

export class Emitter {
  readonly #listeners = new Map<string, Registered[]>()

  on(event: string, listener: Listener): this {
    return this.#add(event, listener, false)
  }

  addListener(event: string, listener: Listener): this {
    return this.#add(event, listener, false)
  }

  once(event: string, listener: Listener): this {
    return this.#add(event, listener, true)
  }

  #add(event: string, listener: Listener, isOnce: boolean): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), { listener, isOnce }])
    return this
  }

  off(event: string, listener: Listener): this {
    return this.removeListener(event, listener)
  }

  removeListener(event: string, listener: Listener): this {
    const list = this.#listeners.get(event) ?? []
    const at = list.findLastIndex((one) => one.listener === listener)
    if (at >= 0) this.#listeners.set(event, list.toSpliced(at, 1))
    return this
  }

  removeAllListeners(event?: string): this {
    if (event === undefined) this.#listeners.clear()
    else this.#listeners.delete(event)
    return this
  }

  listeners(event: string): Listener[] {
    return (this.#listeners.get(event) ?? []).map(({ listener }) => listener)
  }

  listenerCount(event: string): number {
    return this.#listeners.get(event)?.length ?? 0
  }

  setMaxListeners(_count: number): this {
    return this
  }

  emit(event: string, ...args: unknown[]): boolean {
    const list = this.#listeners.get(event) ?? []
    if (list.length === 0) {
      if (event === 'error') throw args[0]
      return false
    }
    for (const { listener, isOnce } of list) {
      if (isOnce) this.removeListener(event, listener)
      listener.apply(this, args)
    }
    return true
  }
}
