// Follows a path through a record without decoding it. The place of a name in a shape is looked up once and remembered.
//
// Name: | 0 bytes u32 | 4 address of its UTF-8 | 8 name id + 1, or 0 while no shape has it | 12 zero | 16 {shape + 1 u32, index i32}[128] |
// Path: | 0 steps u32 | 4 zero | 8 {name u32 or 0, position i32}[] |

import { SHAPE_INLINE, TAG_ARRAY, TAG_OBJECT } from "../abi";
import {
  bytesEqual, nameFind, payload, recordShape, recordString, recordWords, shapeIndexOf, shapePointer, stringBytes, stringPointer,
} from "../record";
import { workSpend } from "./work";

const NAME_PLACES: usize = 16;
const PLACES_MASK: u32 = 127;
export const NAME_BYTES: usize = NAME_PLACES + 8 * 128;
export const PATH_STEPS: usize = 8;
export const POSITION_NONE: i32 = i32.MIN_VALUE;

/** The word at the end of the path; 0 if absent. */
export function pathFollow(record: usize, path: usize): u32 {
  const words = recordWords(record);
  let step = path + PATH_STEPS;
  const end = step + (<usize>load<u32>(path) << 3);
  const shape = recordShape(record);
  // A root with its names inline begins with the index of the key's word.
  const root = words + (shape == SHAPE_INLINE ? 4 : 0);
  let word = field(record, shape, root, <usize>load<u32>(step));
  while (true) {
    step += 8;
    if (step == end) return word;
    const node = words + (<usize>payload(word) << 2);
    switch (word >> 28) {
      case TAG_OBJECT:
        word = field(record, load<u32>(node), node + 4, <usize>load<u32>(step));
        break;
      case TAG_ARRAY: {
        const count = load<u32>(node);
        let position = <i64>load<i32>(step, 4);
        if (position == <i64>POSITION_NONE) return 0;
        if (position < 0) position += count;
        if (position < 0 || position >= <i64>count) return 0;
        word = load<u32>(node + 4 + (<usize>position << 2));
        break;
      }
      default:
        return 0;
    }
  }
}

/** `at`: in a node with a shape the first value; in an inline one the count, followed by name and value in turn. */
// @ts-ignore: decorator
@inline function field(record: usize, shape: u32, at: usize, name: usize): u32 {
  if (name == 0) return 0;
  if (shape == SHAPE_INLINE) return inlineField(record, at, name);
  const place = name + NAME_PLACES + (<usize>(shape & PLACES_MASK) << 3);
  const index = load<u32>(place) == shape + 1 ? load<i32>(place, 4) : findPlace(shape, name, place);
  return index < 0 ? 0 : load<u32>(at + (<usize>index << 2));
}

function findPlace(shape: u32, name: usize, place: usize): i32 {
  const index = fieldIndex(shape, name);
  store<u32>(place, shape + 1);
  store<i32>(place, index, 4);
  return index;
}

/** The id + 1 of a name; 0 while no shape has it. */
export function nameId(name: usize): u32 {
  let id = load<u32>(name, 8);
  if (id == 0) {
    id = nameFind(<usize>load<u32>(name, 4), load<u32>(name));
    store<u32>(name, id, 8);
  }
  return id;
}

/** The index of the name in a shape; -1 if the shape lacks it. */
export function fieldIndex(shape: u32, name: usize): i32 {
  const id = nameId(name);
  return id == 0 ? -1 : shapeIndexOf(shapePointer(shape), id - 1);
}

function inlineField(record: usize, at: usize, name: usize): u32 {
  const bytes = load<u32>(name);
  const pointer = <usize>load<u32>(name, 4);
  const end = at + 4 + (<usize>load<u32>(at) << 3);
  workSpend(load<u32>(at) >> 3);
  for (let pair = at + 4; pair < end; pair += 8) {
    recordString(record, payload(load<u32>(pair)));
    if (stringBytes == bytes && bytesEqual(stringPointer, pointer, bytes)) return load<u32>(pair, 4);
  }
  return 0;
}
