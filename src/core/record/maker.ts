// Generated code that makes documents of one shape. A literal would do, but V8 tracks the allocation sites of literals:
// once many objects of a site survive, it allocates all further ones in the old generation, and reading takes twice the
// time. Objects made by constructors and rest parameters start young. These constructors use the prototype of Object,
// so they make plain objects.

export type Fields = Record<string, unknown>

const INHERITED = Object.prototype
/** Objects store values under such names apart from their fields; a literal reserves room for them at once. */
const INDEX = /^\d+$/

/** Sets a field of any name: an assignment would reach `__proto__` and anything else added to Object.prototype. */
export function put(fields: Fields, name: string, value: unknown): void {
  if (name in INHERITED)
    Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true })
  else fields[name] = value
}

/** Makers by their code. All partitions share them, so that documents of one shape have one hidden class in V8. */
const makers = new Map<string, unknown>()
const MAKERS_MAX = 1_024

/**
 * A function of `params` that returns an object with the fields `names`, whose values are the expressions `values`.
 * Each call checks whether an assignment would reach Object.prototype; optimized code does that by watching for
 * changes.
 */
export function compileMaker(params: string, names: readonly string[], values: readonly string[]): unknown {
  const quoted = names.map((name) => JSON.stringify(name))
  // `["__proto__"]` makes a field; `"__proto__"` would set the prototype.
  const fields = quoted.map((name, at) => `${names[at] === '__proto__' ? `[${name}]` : name}: ${values[at]}`)
  let body = `return { ${fields.join(', ')} }`
  let before = ''
  if (names.length > 0 && !names.some((name) => name in INHERITED || INDEX.test(name))) {
    const given = names.map((_, at) => `v${at}`).join(', ')
    // Fields that have been null and a small integer may be anything: no later value makes V8 discard optimized code.
    before = `function Object(${given}) { ${quoted.map((name, at) => `this[${name}] = v${at}`).join('; ')} }
Object.prototype = p
new Object(${names.map(() => 'null').join(', ')})
new Object(${names.map(() => '0').join(', ')})
`
    body = `if (${quoted.map((name) => `${name} in p`).join(' || ')}) ${body}
return new Object(${values.join(', ')})`
  }
  const code = `${before}return function (${params}) { ${body} }`
  let maker = makers.get(code)
  if (maker === undefined) {
    if (makers.size >= MAKERS_MAX) makers.clear()
    maker = new Function('p', code)(INHERITED)
    makers.set(code, maker)
  }
  return maker
}

/** An array of its arguments. */
export function listOf(...elements: unknown[]): unknown[] {
  return elements
}
