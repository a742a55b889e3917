// The worker that finds places for the map; one map at a time.

import type { UmapMessage, UmapRequest } from '../worker/umap.worker.ts'

export class Layout {
  #worker: Worker | undefined
  #give: ((places: Float32Array | undefined) => void) | undefined

  /**
   * @param moved - called with places on the way, and how far it is, 0 to 1.
   * @returns the places at the end; undefined when it was stopped.
   */
  run(request: UmapRequest, moved: (places: Float32Array, part: number) => void): Promise<Float32Array | undefined> {
    this.stop()
    const worker = new Worker(new URL('../worker/umap.worker.ts', import.meta.url), { type: 'module' })
    this.#worker = worker
    return new Promise((resolve, reject) => {
      this.#give = resolve
      worker.addEventListener('error', ({ message }) => reject(new Error(message)))
      worker.addEventListener('message', ({ data: { places, part } }: MessageEvent<UmapMessage>) => {
        moved(places, part)
        if (part < 1) return
        this.#give = undefined
        this.stop()
        resolve(places)
      })
      worker.postMessage(request)
    })
  }

  stop(): void {
    this.#worker?.terminate()
    this.#worker = undefined
    this.#give?.(undefined)
    this.#give = undefined
  }
}
