// Terms about documents and arrays: paths, merging, positions, sets.

import {
  asObject,
  type Datum,
  DatumSet,
  type Fields,
  field,
  isObject,
  isPseudo,
  Literal,
  print,
  printShort,
  setField,
  sortedKeys,
  typeName,
} from './datum.ts'
import { fail, failMissing } from './errors.ts'
import { type Call, withStep } from './evaluate.ts'
import { isSequence, merge, nonSequence, pseudoRefused } from './fields.ts'
import { type Operations, streaming } from './registry.ts'
import { asDatum, Func, Row, Special, type Val } from './values.ts'

/** A term that works on an object, and on each of a sequence of them. */
function polymorphic(mode: 'map' | 'filter', prepare: (call: Call) => (object: Fields) => Datum): (call: Call) => Val {
  return (call) => {
    const { first } = call
    const change = prepare(call)
    const value = first instanceof Row ? first.value : first
    if (isObject(value) && !(value instanceof Special)) {
      if (isPseudo(value)) pseudoRefused(call, value)
      return change(value)
    }
    if (!isSequence(value)) {
      if (!(value instanceof Special) && isPseudo(value)) pseudoRefused(call, value)
      return nonSequence(first, call.name)
    }
    const apply = (item: Datum): Datum | undefined => {
      if (Array.isArray(item)) fail(`Cannot perform ${call.name} on a sequence of sequences.`)
      if (!isObject(item)) return nonSequence(item, call.name)
      if (isPseudo(item)) pseudoRefused(call, item)
      const changed = change(item)
      return mode === 'map' ? changed : changed === true ? item : undefined
    }
    return withStep(
      call,
      value,
      { kind: mode === 'filter' ? 'filter' : 'map', apply, isFixed: true },
      mode === 'filter',
    )
  }
}

// Paths, as pluck, without, hasFields and withFields take them.

type Paths = string | readonly Paths[] | ReadonlyMap<string, Paths>

function pathsOf(value: Datum): Paths {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(pathsOf)
  if (!isObject(value)) return fail(`Invalid path argument \`${print(value)}\`.`)
  const names: Paths[] = []
  const deeper = new Map<string, Paths>()
  for (const name of sortedKeys(value)) {
    if (value[name] === true) names.push(name)
    else deeper.set(name, pathsOf(value[name]))
  }
  if (deeper.size > 0 || names.length === 0) names.push(deeper)
  return names
}

/** Only what the paths lead to; undefined where a path leads into what is no object. */
function project(value: Datum, paths: Paths, isInside: boolean): Datum | undefined {
  if (Array.isArray(value) && isInside) {
    const items: Datum[] = []
    for (const item of value) {
      const inner = project(item, paths, false)
      if (inner === undefined) return undefined
      items.push(inner)
    }
    return items
  }
  if (!isObject(value)) return undefined
  const kept: Fields = {}
  keep(value, paths, isInside, kept)
  return kept
}

function keep(value: Fields, paths: Paths, isInside: boolean, kept: Fields): void {
  if (typeof paths === 'string') {
    const inner = field(value, paths)
    if (inner !== undefined) setField(kept, paths, inner)
  } else if (paths instanceof Map) {
    for (const [name, deeper] of paths as ReadonlyMap<string, Paths>) {
      const inner = field(value, name)
      const projected = inner === undefined ? undefined : project(inner, deeper, true)
      if (projected !== undefined) setField(kept, name, projected)
    }
  } else {
    for (const path of paths as readonly Paths[]) keep(value, path, isInside, kept)
  }
}

function unproject(value: Datum, paths: Paths, isInside: boolean): Datum {
  if (Array.isArray(value) && isInside) return value.map((item) => unproject(item, paths, false))
  if (!isObject(value)) return value
  const left: Fields = { ...value }
  leaveOut(left, paths)
  return left
}

function leaveOut(left: Fields, paths: Paths): void {
  if (typeof paths === 'string') delete left[paths]
  else if (paths instanceof Map) {
    for (const [name, deeper] of paths as ReadonlyMap<string, Paths>) {
      const inner = field(left, name)
      if (inner !== undefined) setField(left, name, unproject(inner, deeper, true))
    }
  } else for (const path of paths as readonly Paths[]) leaveOut(left, path)
}

function hasPaths(value: Datum, paths: Paths): boolean {
  if (!isObject(value)) return (paths as { length?: number }).length === 0
  if (typeof paths === 'string') return (field(value, paths) ?? null) !== null
  if (paths instanceof Map) {
    return [...(paths as ReadonlyMap<string, Paths>)].every(([name, deeper]) => {
      const inner = field(value, name)
      return inner !== undefined && hasPaths(inner, deeper)
    })
  }
  return (paths as readonly Paths[]).every((path) => hasPaths(value, path))
}

function mergeTerm(call: Call): (object: Fields) => Datum {
  const patches: Val[] = []
  for (let i = 1; i < call.count; i++) patches.push(call.val(i, true))
  return (object) => {
    let merged: Datum = object
    for (const value of patches) {
      const patch = asDatum(value instanceof Func ? value.call([merged], true) : value)
      if (isPseudo(patch) && !(patch instanceof Literal)) fail(`Cannot merge objects of type \`${typeName(patch)}\`.`)
      merged = patch instanceof Literal ? (patch.value ?? merged) : merge(merged, patch)
    }
    return merged
  }
}

// Positions in arrays. Those that name an element count from its end when negative; those that name a gap have one more.

function position(index: number, size: number): number {
  if (index >= 0) return index
  return -index > size ? failMissing(`Index out of bounds: ${index}`) : size + index
}

function requireInside(at: number, size: number): void {
  if (at > size) failMissing(`Index \`${at}\` out of bounds for array of size: \`${size}\`.`)
}

function edit(change: (array: Datum[], call: Call) => Datum[]): (call: Call) => Val {
  return (call) => call.query.sized(change(call.array(0).slice(), call))
}

function sets(pick: (a: Datum[], b: Datum[], seen: DatumSet) => Datum[]): (call: Call) => Val {
  return (call) => call.query.sized(pick(call.array(0), call.array(1), new DatumSet()))
}

const paths = (call: Call): Paths => call.rest(1).map(pathsOf)

export const terms: Operations = {
  pluck: polymorphic('map', (call) => {
    const wanted = paths(call)
    return (object) => project(object, wanted, false)!
  }),
  without: polymorphic('map', (call) => {
    const unwanted = paths(call)
    return (object) => unproject(object, unwanted, false)
  }),
  hasFields: polymorphic('filter', (call) => {
    const wanted = paths(call)
    return (object) => hasPaths(object, wanted)
  }),
  withFields(call) {
    const wanted = paths(call)
    const { first } = call
    const value = first instanceof Row ? first.value : first
    if (!isSequence(value)) return nonSequence(first, 'has_fields')
    const apply = (item: Datum) => {
      if (!isObject(item)) return nonSequence(item, 'has_fields')
      return hasPaths(item, wanted) ? project(item, wanted, false) : undefined
    }
    return withStep(call, value, { kind: 'map', apply, isFixed: true })
  },
  merge: polymorphic('map', mergeTerm),
  keys(call) {
    const value = call.datum(0)
    if (isPseudo(value)) fail(`Cannot call \`keys\` on objects of type \`${typeName(value)}\`.`)
    return sortedKeys(asObject(value))
  },
  values(call) {
    const value = call.datum(0)
    if (isPseudo(value)) fail(`Cannot call \`values\` on objects of type \`${typeName(value)}\`.`)
    const object = asObject(value)
    return sortedKeys(object).map((name) => object[name])
  },
  object(call) {
    if (call.count % 2 !== 0) fail(`OBJECT expects an even number of arguments (but found ${call.count}).`)
    const object: Fields = {}
    for (let i = 0; i < call.count; i += 2) {
      const name = call.text(i)
      const value = call.datum(i + 1)
      const old = field(object, name)
      if (old !== undefined) {
        fail(`Duplicate key "${name}" in object.  (got ${printShort(old)} and ${printShort(value)} as values)`)
      }
      setField(object, name, value)
    }
    return object
  },
  append: edit((array, call) => [...array, call.datum(1)]),
  prepend: edit((array, call) => [call.datum(1), ...array]),
  insertAt: edit((array, call) => {
    const at = position(call.integer(1), array.length + 1)
    requireInside(at, array.length)
    array.splice(at, 0, call.datum(2))
    return array
  }),
  spliceAt: edit((array, call) => {
    const at = position(call.integer(1), array.length + 1)
    requireInside(at, array.length)
    return [...array.slice(0, at), ...call.array(2), ...array.slice(at)]
  }),
  changeAt: edit((array, call) => {
    const at = position(call.integer(1), array.length)
    if (at >= array.length) failMissing(`Index \`${at}\` out of bounds for array of size: \`${array.length}\`.`)
    array[at] = call.datum(2)
    return array
  }),
  deleteAt: edit((array, call) => {
    const at = position(call.integer(1), array.length)
    if (call.count === 2) {
      if (at >= array.length) failMissing(`Index \`${at}\` out of bounds for array of size: \`${array.length}\`.`)
      array.splice(at, 1)
      return array
    }
    const end = position(call.integer(2), array.length)
    requireInside(at, array.length)
    requireInside(end, array.length)
    if (at > end) fail(`Start index \`${at}\` is greater than end index \`${end}\`.`)
    array.splice(at, end - at)
    return array
  }),
  difference(call) {
    const unwanted = new DatumSet()
    for (const value of call.array(1)) unwanted.add(value)
    const { first } = call
    const apply = (item: Datum) => (unwanted.has(item) ? undefined : item)
    return withStep(call, first instanceof Row ? first.value : first, { kind: 'filter', apply, isFixed: true })
  },
  setInsert: (call) => {
    const seen = new DatumSet()
    return call.query.sized([...call.array(0), call.datum(1)].filter((item) => seen.add(item)))
  },
  setUnion: sets((a, b, seen) => [...a, ...b].filter((item) => seen.add(item))),
  setIntersection: sets((a, b, seen) => {
    for (const item of a) seen.add(item)
    return b.filter((item) => {
      const isIn = seen.has(item)
      if (isIn) seen.delete(item)
      return isIn
    })
  }),
  setDifference: sets((a, b, seen) => {
    for (const item of b) seen.add(item)
    return a.filter((item) => seen.add(item))
  }),
}
streaming('pluck', 'without', 'hasFields', 'withFields', 'merge')
