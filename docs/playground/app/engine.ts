// The page's side of the worker that has the database.

import type { ProgramLine, RequestMessage, RequestName, Requests, WorkerMessage } from '../protocol.ts'

interface Waiting {
  resolve(value: never): void
  reject(error: Error): void
}

/** An error told by the worker, with its class's name. */
export class EngineError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

export class Engine {
  #worker = startWorker()
  #next = 1
  readonly #waiting = new Map<number, Waiting>()
  onLine: (line: ProgramLine) => void = () => {}
  onProgress: (what: string, part: number | undefined) => void = () => {}

  constructor() {
    this.#listen()
  }

  /** Asks the worker; rejects with an EngineError when it refuses. */
  ask<K extends RequestName>(name: K, ...args: Parameters<Requests[K]>): Promise<ReturnType<Requests[K]>> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, name, args } satisfies RequestMessage)
    })
  }

  /** Ends the worker, whatever it does, and starts another; what was acknowledged is in the files. */
  async restart(): Promise<void> {
    this.#worker.terminate()
    for (const { reject } of this.#waiting.values()) reject(new EngineError('Stopped', 'stopped'))
    this.#waiting.clear()
    this.#worker = startWorker()
    this.#listen()
    await this.ask('open')
  }

  #listen(): void {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
      if ('line' in data) return this.onLine(data.line)
      if ('progress' in data) return this.onProgress(data.progress.what, data.progress.part)
      const waiting = this.#waiting.get(data.id)
      this.#waiting.delete(data.id)
      if ('error' in data) waiting?.reject(new EngineError(data.error.name, data.error.message))
      else waiting?.resolve(data.value as never)
    })
    this.#worker.addEventListener('error', (event) => {
      for (const { reject } of this.#waiting.values()) reject(new EngineError('Error', event.message))
      this.#waiting.clear()
    })
  }
}

/** The data sets lie beside the page; a worker's own address is that of its bundle. */
function startWorker(): Worker {
  const worker = new Worker(new URL('../worker/engine.worker.ts', import.meta.url), { type: 'module' })
  worker.postMessage({ page: document.baseURI })
  return worker
}
