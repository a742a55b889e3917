// Terms about documents and arrays: paths, merging, positions, sets.

import { isAnew, isFixed } from '../check.ts'
import {
  type Datum,
  type Fields,
  field,
  isObject,
  isPseudo,
  print,
  printShort,
  setField,
  sortedKeys,
  typeName,
} from '../datum.ts'
import { Failure, fail, failMissing } from '../errors.ts'
import { type Call, finite, plainFirst, withStep } from '../evaluate.ts'
import { isSequence, mergePatch, nonSequence, requireObject } from '../fields.ts'
import type { Operations } from '../registry.ts'
import { asDatum, Func, plain, Special, type Val } from '../values.ts'
import { DatumSet } from './sets.ts'

/** A term that works on an object, or on each object of a sequence. */
function polymorphic(mode: 'map' | 'filter', prepare: (call: Call) => (object: Fields) => Datum): (call: Call) => Val {
  return (call) => {
    const { first } = call
    const change = prepare(call)
    const value = plain(first)
    if (!isSequence(value)) {
      if (value instanceof Special) return nonSequence(value, call.name)
      requireObject(value, call.name)
      return change(value)
    }
    const given = call.args.slice(1)
    // To the server, this is a function of the row: each row gets its own uuid.
    const isEach = given.some(isAnew)
    const apply = (item: Datum): Datum | undefined => {
      if (Array.isArray(item)) fail(`Cannot perform ${call.name} on a sequence of sequences.`)
      requireObject(item, call.name)
      const changed = isEach ? prepare(call)(item) : change(item)
      return mode === 'map' ? changed : changed === true ? item : undefined
    }
    const fixed = given.every((arg) => isFixed(arg, true, true))
    return withStep(call, value, { kind: mode, apply, isFixed: fixed }, mode === 'filter')
  }
}

// Paths, as taken by pluck, without, hasFields and withFields.

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

/** Only what the paths lead to; undefined where a path leads into anything but an object. */
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
  if (Array.isArray(value) && isInside) {
    // An array stays as it is if the path does not lead into all of its elements.
    return value.every(isObject) ? value.map((item) => unproject(item, paths, false)) : value
  }
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
      merged = mergePatch(merged, patch)
    }
    return merged
  }
}

// Positions in arrays. Those of an element count from its end when negative; those of a gap reach one further.

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

/** The object for `keys` and `values`. */
function plainObject(call: Call): Fields {
  const value = call.datum(0)
  if (isObject(value) && !isPseudo(value)) return value
  return fail(`Cannot call \`${call.name}\` on objects of type \`${typeName(value)}\`.`)
}

const paths = (call: Call): Paths => call.rest(1).map(pathsOf)

function unwantedOf(call: Call): DatumSet {
  const unwanted = new DatumSet()
  const pull = finite(call.stream(1))
  for (let value = pull(); value !== undefined; value = pull()) unwanted.add(value)
  return unwanted
}

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
  // To the server, this is hasFields and then pluck, which shows with a single object.
  withFields(call) {
    const wanted = paths(call)
    const value = plainFirst(call)
    if (!isSequence(value)) {
      if (value instanceof Special) return nonSequence(value, 'has_fields')
      requireObject(value, 'has_fields')
      return nonSequence(hasPaths(value, wanted), 'pluck')
    }
    const apply = (item: Datum) => {
      if (Array.isArray(item)) fail('Cannot perform has_fields on a sequence of sequences.')
      requireObject(item, 'has_fields')
      return hasPaths(item, wanted) ? project(item, wanted, false) : undefined
    }
    return withStep(call, value, { kind: 'map', apply, isFixed: true })
  },
  merge: polymorphic('map', mergeTerm),
  keys(call) {
    return sortedKeys(plainObject(call))
  },
  values(call) {
    const object = plainObject(call)
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
  // To the server, this is a filter: it evaluates the unwanted values when it has a row, and leaves out rows for which
  // they do not exist.
  difference(call) {
    let unwanted: DatumSet | undefined
    const apply = (item: Datum) => {
      try {
        unwanted ??= unwantedOf(call)
        return unwanted.has(item) ? undefined : item
      } catch (error) {
        if (error instanceof Failure && error.isMissing) return undefined
        throw error
      }
    }
    return withStep(call, call.first, { kind: 'filter', apply, isFixed: isFixed(call.args[1]) }, true)
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
