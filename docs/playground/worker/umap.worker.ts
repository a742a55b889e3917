// Finds places in the plane for documents from who their nearest are (UMAP), step by step, and tells where it stands.

import { UMAP } from 'umap-js'

export interface UmapRequest {
  readonly indices: number[][]
  readonly distances: number[][]
}

export interface UmapMessage {
  /** x and y in turn, within -1 and 1. */
  readonly places: Float32Array
  readonly part: number
}

interface Port {
  postMessage(message: UmapMessage, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent<UmapRequest>) => void): void
}
const port = globalThis as unknown as Port

const TELL_MS = 60
const SEED = 7

/** The same map for the same documents: xorshift in place of Math.random. */
function random(): () => number {
  let state = SEED
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

port.addEventListener('message', ({ data: { indices, distances } }) => {
  const umap = new UMAP({ nNeighbors: indices[0]?.length ?? 2, minDist: 0.12, spread: 1, random: random() })
  umap.setPrecomputedKNN(indices, distances)
  // With the neighbours known, of the vectors only their number is asked.
  const epochs = umap.initializeFit(indices.map((_, at) => [at]))
  let told = performance.now()
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step()
    if (performance.now() - told < TELL_MS) continue
    told = performance.now()
    send(umap.getEmbedding(), epoch / epochs)
  }
  send(umap.getEmbedding(), 1)
})

function send(embedding: readonly (readonly number[])[], part: number): void {
  const places = new Float32Array(embedding.length * 2)
  for (const axis of [0, 1]) {
    const values = embedding.map((place) => place[axis]!).sort((a, b) => a - b)
    // A few that drift far away would make everything else small.
    const [low, high] = [values[Math.floor(values.length * 0.002)]!, values[Math.ceil(values.length * 0.998) - 1]!]
    for (const [at, place] of embedding.entries()) {
      places[at * 2 + axis] = Math.max(-1, Math.min(1, ((place[axis]! - low) / (high - low || 1)) * 2 - 1))
    }
  }
  port.postMessage({ places, part }, [places.buffer])
}
