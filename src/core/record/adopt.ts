// Shapes on their way out: after a log or a snapshot is read the core knows them, and the JS side learns them here.

import { S_NAME_DIRECTORY, S_SHAPE_DIRECTORY, S_SHAPE_TOP } from '../abi.ts'
import type { Memory } from '../memory.ts'
import type { CollectionShapes } from './shapes.ts'

/** Restores all shapes of one partition; calls `onKnown` for each. */
export function adoptShapes(memory: Memory, shapes: CollectionShapes, onKnown: (id: number) => void): void {
  const top = memory.state(S_SHAPE_TOP)
  const structs = memory.state(S_SHAPE_DIRECTORY) >>> 2
  const directory = memory.state(S_NAME_DIRECTORY) >>> 2
  const known = new Map<number, string>()
  const nameOf = (id: number): string => {
    let name = known.get(id)
    if (name === undefined) {
      const at = memory.u32[directory + id]!
      name = memory.utf8(at + 4, at + 4 + memory.u32[at >>> 2]!)
      known.set(id, name)
    }
    return name
  }
  for (let id = 0; id < top; id++) {
    const shape = memory.u32[structs + id]! >>> 2
    if (shape === 0) continue
    const names: string[] = []
    for (let i = 0; i < memory.u32[shape]!; i++) names.push(nameOf(memory.u32[shape + 4 + i]!))
    shapes.restore(id, names)
    onKnown(id)
  }
}
