// What there is of the graphs of a partition, hashed, to compare two of them bit for bit.

import { createHash } from 'node:crypto'
import { S_GRAPHS, VECTOR_FIELDS_MAX } from '../../src/core/abi.ts'
import type { Partition } from './partitions.ts'

const CHUNK_SLOTS = 1024
const LINKED = 16
// assembly/hnsw/graph.ts
const GRAPH_M = 2
const GRAPH_SUMMARY = [2, 3, 4, 5, 6, 9, 14]
const HEAD_UPPERS = 12
const HEAD_STATES = 16
const HEAD_RANKS = 1040

/** Links of the ground level as a snapshot holds them; of each graph entry, level, figures; states of all slots; upper links of all nodes. */
export function graphImage({ store: { graphs, memory } }: Partition): string {
  const image: unknown[] = [...graphs.packed()].map((piece) => Buffer.from(piece).toString('base64'))
  for (let field = 0; field < VECTOR_FIELDS_MAX; field++) {
    const graph = memory.state(S_GRAPHS + field * 4)
    if (graph === 0) continue
    const word = (index: number) => memory.u32[(graph >>> 2) + index]!
    image.push(GRAPH_SUMMARY.map(word))
    for (let chunk = 0; chunk < word(1); chunk++) {
      const head = memory.u32[(word(0) >>> 2) + chunk * 2]!
      if (head === 0) continue
      const states = memory.u8.slice(head + HEAD_STATES, head + HEAD_STATES + CHUNK_SLOTS)
      image.push(chunk, Buffer.from(states).toString('base64'))
      const ranks = new Uint16Array(memory.u8.slice(head + HEAD_RANKS, head + HEAD_RANKS + CHUNK_SLOTS * 2).buffer)
      const uppers = memory.u32[(head + HEAD_UPPERS) >>> 2]! >>> 2
      for (let i = 0; i + 1 < CHUNK_SLOTS; i++) {
        if ((states[i]! & LINKED) === 0 || ranks[i] === ranks[i + 1]) continue
        image.push(i, [...memory.u32.slice(uppers + ranks[i]! * word(GRAPH_M), uppers + ranks[i + 1]! * word(GRAPH_M))])
      }
    }
  }
  return createHash('sha256').update(JSON.stringify(image)).digest('hex')
}
