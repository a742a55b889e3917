// Whether a record can be read at all: a salvaged log may have lost the shapes that name its fields.

import { SHAPE_INLINE, TAG_ARRAY, TAG_OBJECT } from "../abi";
import { payload, recordShape, recordWords } from "./layout";
import { shapeFields, shapeKnown, shapePointer } from "./shape";

/** Whether the shapes of a record and of all objects in it are known. */
export function recordIsReadable(record: usize): bool {
  const words = recordWords(record);
  const shape = recordShape(record);
  return isObjectReadable(words, shape, shape == SHAPE_INLINE ? words + 4 : words);
}

function isObjectReadable(words: usize, shape: u32, at: usize): bool {
  if (shape == SHAPE_INLINE) return areReadable(words, at + 4, load<u32>(at) << 1);
  return shapeKnown(shape) && areReadable(words, at, shapeFields(shapePointer(shape)));
}

function areReadable(words: usize, from: usize, count: u32): bool {
  for (let i: usize = 0; i < count; i++) {
    const word = load<u32>(from + (i << 2));
    const tag = word >> 28;
    if (tag != TAG_ARRAY && tag != TAG_OBJECT) continue;
    const node = words + (<usize>payload(word) << 2);
    const isReadable = tag == TAG_ARRAY ? areReadable(words, node + 4, load<u32>(node)) : isObjectReadable(words, load<u32>(node), node + 4);
    if (!isReadable) return false;
  }
  return true;
}
