// What the suite says about values, without a test framework.

/** A text that tells apart what JSON does not: types of numbers, dates, bytes, things that are missing. */
export function show(value) {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return `Date(${value.getTime()})`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${[...value].map((lane) => show(rounded(lane)))})`
  if (Array.isArray(value)) return `[${value.map(show)}]`
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  return `{${names.sort().map((name) => `${name}:${show(value[name])}`)}}`
}

function rounded(lane) {
  return typeof lane === 'number' ? Math.round(lane * 1e4) / 1e4 : lane
}

/** Deep and typed; fields that are undefined are as good as missing. */
export function equal(got, wanted, what = 'value') {
  const [left, right] = [show(got), show(wanted)]
  if (left !== right) throw new Error(`${what}: got ${left}, wanted ${right}`)
}

/** Within a millionth of its size. */
export function close(got, wanted, what = 'number') {
  const isClose = Math.abs(got - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted))
  if (!isClose) throw new Error(`${what}: got ${got}, wanted ${wanted}`)
}

/** The error that a call ends with. */
export async function refusal(run, what = 'call') {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error(`${what} was not refused`)
}

/** Checks class and words of the error that a call ends with. */
export async function refused(run, name, words, what = 'call') {
  const error = await refusal(run, what)
  equal(error.name, name, `${what}: name of ${error}`)
  if (!words.test(error.message)) throw new Error(`${what}: message ${JSON.stringify(error.message)} lacks ${words}`)
  return error
}

/** Numbers that look random and are the same everywhere. */
export function numbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
