// Code that makes documents of one shape. A literal would do, but V8 keeps book on the literals in code: once much of what one made was
// seen to stay, it makes all from there on in the old part of its heap, and reading takes twice the time. What constructors and rest
// parameters make begins young. The prototype of these constructors is that of objects: what they make are plain objects.

export type Fields = Record<string, unknown>

const INHERITED = Object.prototype
/** An object keeps values of such names apart from its fields; a literal makes room for them at once. */
const INDEX = /^\d+$/

/** A field whatever its name: assigned, `__proto__` and what else Object.prototype was given would be reached instead. */
export function put(fields: Fields, name: string, value: unknown): void {
  if (name in INHERITED)
    Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true })
  else fields[name] = value
}

/** Of the code of makers, what it does. All partitions share them, so that documents of one shape are of one kind to V8 as well. */
const makers = new Map<string, unknown>()
const MAKERS_MAX = 1_024

/**
 * A function of `params` that answers an object of `names`, the values of which are the expressions `values`.
 * It looks each time whether to assign would reach Object.prototype; optimized code does that by watching for changes.
 */
export function compileMaker(params: string, names: readonly string[], values: readonly string[]): unknown {
  const quoted = names.map((name) => JSON.stringify(name))
  // `["__proto__"]` makes a field; `"__proto__"` would set the prototype.
  const fields = quoted.map((name, at) => `${names[at] === '__proto__' ? `[${name}]` : name}: ${values[at]}`)
  let body = `return { ${fields.join(', ')} }`
  let before = ''
  if (names.length > 0 && !names.some((name) => name in INHERITED || INDEX.test(name))) {
    const given = names.map((_, at) => `v${at}`).join(', ')
    // Fields that were null and a small integer may be anything: no value that comes late makes V8 drop optimized code.
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

/** An array of what it is given. */
export function listOf(...elements: unknown[]): unknown[] {
  return elements
}
