// The MINHASH function: turns texts into signatures, which agree in as many places as the texts share shingles.
// Signatures are stored, so the way they are made never changes: otherwise texts of one collection would no longer find
// each other.

import { analyzerOfField } from './analyzers.ts'
import { invalid } from './errors.ts'
import { dimOf, type Field, type FunctionSpec, isText, type Schema } from './schema.ts'

/** Bits of each hash. */
export const HASH_BITS = 32
const SHINGLE_SIZE = 3
const SEED = 1234

interface Rules {
  readonly hashes: number
  readonly shingle: number
  readonly isByWord: boolean
  readonly seed: number
}

/** The parameters of a function; their names may be in any letter case. */
function rulesOf(spec: FunctionSpec, output: Field): Rules {
  const given = Object.fromEntries(Object.entries(spec.params).map(([name, value]) => [name.toLowerCase(), value]))
  const whole = (name: string, otherwise: number, least: number): number => {
    const value = Number(given[name] ?? otherwise)
    if (Number.isInteger(value) && value >= least) return value
    throw invalid(`MINHASH function ${spec.name}: ${name} is a whole number from ${least} on`, 'int', given[name])
  }
  const oneOf = (name: string, ...names: string[]): string => {
    const value = String(given[name] ?? names[0]).toLowerCase()
    if (names.includes(value)) return value
    throw invalid(`MINHASH function ${spec.name}: ${name} is one of ${names.join(', ')}`, names.join(' '), given[name])
  }
  // Both names mean the hash below: only how often texts agree is visible.
  oneOf('hash_function', 'xxhash', 'sha1')
  return {
    hashes: whole('num_hashes', Math.floor(dimOf(output) / HASH_BITS), 1),
    shingle: whole('shingle_size', SHINGLE_SIZE, 1),
    isByWord: oneOf('token_level', 'word', 'char', 'character') === 'word',
    seed: whole('seed', SEED, 0),
  }
}

/** Throws if a function and its fields do not fit together. */
export function requireSignable(spec: FunctionSpec, input: Field, output: Field): void {
  const { hashes, isByWord } = rulesOf(spec, output)
  if (!isText(input.type) || (isByWord && input.params['enable_analyzer'] !== 'true')) {
    throw invalid(
      `MINHASH function input field ${input.name} must be a VarChar field, with enable_analyzer where token_level is word`,
    )
  }
  const dim = dimOf(output)
  if (dim !== HASH_BITS * hashes) {
    throw invalid(
      `dim of MINHASH function output field ${output.name} must be 32 * num_hashes`,
      HASH_BITS * hashes,
      dim,
    )
  }
}

/** Spreads a difference in any bit over all bits. */
function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return (mix ^ (mix >>> 16)) >>> 0
}

function hashOf(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

/** The function that signs texts under one MINHASH function. */
export function signer(schema: Schema, output: Field): (text: string) => Uint8Array {
  const spec = schema.functions.find((one) => one.outputs.includes(output.name))!
  const { hashes, shingle, isByWord, seed } = rulesOf(spec, output)
  const analyzer = isByWord ? analyzerOfField(schema.textOf(output)!) : undefined
  const factors = new Uint32Array(hashes)
  const addends = new Uint32Array(hashes)
  for (let i = 0; i < hashes; i++) {
    factors[i] = mixed(seed + 2 * i + 1) | 1
    addends[i] = mixed(seed - 2 * i - 2)
  }
  return (text) => {
    const tokens = analyzer === undefined ? [...text] : analyzer.tokens(text)
    const least = new Uint32Array(hashes).fill(0xffffffff)
    // A text shorter than a shingle is one shingle.
    const last = tokens.length === 0 ? -1 : Math.max(0, tokens.length - shingle)
    const seen = new Set<string>()
    for (let at = 0; at <= last; at++) seen.add(tokens.slice(at, at + shingle).join('\0'))
    for (const one of seen) {
      const base = hashOf(one, seed)
      for (let i = 0; i < hashes; i++) {
        const hash = mixed(Math.imul(base, factors[i]!) + addends[i]!)
        if (hash < least[i]!) least[i] = hash
      }
    }
    const view = new DataView(new ArrayBuffer(4 * hashes))
    for (let i = 0; i < hashes; i++) view.setUint32(4 * i, least[i]!)
    return new Uint8Array(view.buffer)
  }
}
