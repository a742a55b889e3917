// The filter tree: every filter language, native and dialects alike, parses to it, and the compiler and the evaluator
// read it. Where systems differ in meaning the difference is a field of the node, so that there is one compiler and one
// machine.
//
// A node yields true, false or unknown, or the filter fails. Only true is a match. `and`, `or` and `not` follow
// Kleene's tables (unknown stays unknown under `not`), so SQL's null rules need only leaves that yield unknown. A
// failure ends the evaluation: the whole filter then yields what the caller chose for that case (ReQL's `default`).

/** A value in a filter: anything a document may hold. Its objects have no prototype, so that any name is plain data. */
export type Constant =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | ArrayBufferView
  | readonly Constant[]
  | { readonly [name: string]: Constant }

export type CompareOperator = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'
export type ArithmeticOperator = 'add' | 'subtract' | 'multiply' | 'divide' | 'remainder'

/** The type names of `$type`. `number` is not `bigint`, though the two compare by value. */
export type TypeName = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'date' | 'binary' | 'array' | 'object'

/**
 * What a node yields when an operand is absent:
 * - `unequal`: as if it were a value unlike all others: `ne` is true, everything else false (native, Milvus' JSON
 * paths);
 * - `unknown`: unknown (SQL: nullable Milvus fields, seekdb's metadata);
 * - `fail`: the filter fails (ReQL).
 *
 * A tree has leaves that yield unknown or leaves that fail, not both.
 */
export type Absent = 'unequal' | 'unknown' | 'fail'

/** For every leaf that reads an operand. */
export interface LeafRules {
  /** Default `unequal`. */
  readonly absent?: Absent
  /** Null counts as absent. By default it is a value, equal to itself only. */
  readonly isNullAbsent?: boolean
}

// --- operands

/**
 * A step of a path. A name enters objects, a position enters arrays; native `0` is both, and the value there decides.
 */
export interface PathStep {
  readonly name: string | null
  /** Counts from 0; negative from the end. */
  readonly index: number | null
}

export interface ConstantOperand {
  readonly kind: 'constant'
  readonly value: Constant
}

/** The value in the document after one or more steps; absent when a step leads nowhere. */
export interface PathOperand {
  readonly kind: 'path'
  readonly steps: readonly PathStep[]
}

/**
 * Arithmetic on numbers; absent when an operand is not one. Integers (bigint, or a number without fraction) are exact
 * within 64 bits, in division if there is no remainder; everything else is double arithmetic. The remainder has the
 * dividend's sign.
 */
export interface ArithmeticOperand {
  readonly kind: 'arithmetic'
  readonly operator: ArithmeticOperator
  readonly left: Operand
  readonly right: Operand
  /** Division by zero yields no value. By default it yields what doubles do: Infinity or NaN. */
  readonly isZeroDivisorAbsent?: boolean
}

export interface NegateOperand {
  readonly kind: 'negate'
  readonly of: Operand
}

/** The number of elements of an array; absent for everything else. */
export interface SizeOperand {
  readonly kind: 'size'
  readonly of: Operand
}

/** The first operand that is present: ReQL's `default`, seekdb's keys that may contain a dot. */
export interface FirstOperand {
  readonly kind: 'first'
  readonly of: Operand
  readonly otherwise: Operand
  /** Null is skipped too. */
  readonly isNullAbsent?: boolean
}

export type Operand = ConstantOperand | PathOperand | ArithmeticOperand | NegateOperand | SizeOperand | FirstOperand

// --- nodes

/** Matches all documents, or none. */
export interface ConstantNode {
  readonly kind: 'constant'
  readonly value: boolean
}

/** When empty, `and` is true and `or` false. */
export interface LogicNode {
  readonly kind: 'and' | 'or'
  readonly of: readonly FilterNode[]
}

export interface NotNode {
  readonly kind: 'not'
  readonly of: FilterNode
}

/**
 * Compares two operands. Numbers of all kinds compare by exact value, strings by code point, dates by time, binaries
 * bytewise (then by element type), false before true; arrays and objects are equal or not, whatever the order of keys.
 */
export interface CompareNode extends LeafRules {
  readonly kind: 'compare'
  readonly operator: CompareOperator
  readonly left: Operand
  readonly right: Operand
  /**
   * `within` (default): values of different types are unequal, and neither is less; the same holds for arrays and
   * objects. `total`: ReQL's order over everything: array, boolean, null, number, object, binary, date, string; arrays
   * and objects by content.
   */
  readonly order?: 'within' | 'total'
}

/** Equal to one of several values. */
export interface InNode extends LeafRules {
  readonly kind: 'in'
  readonly operand: Operand
  readonly values: readonly Constant[]
}

/** The operand is present. Never unknown. */
export interface ExistsNode {
  readonly kind: 'exists'
  readonly operand: Operand
  readonly isNullAbsent?: boolean
}

/** A computed number is a `bigint` where it is exact: ask for both. */
export interface TypeNode extends LeafRules {
  readonly kind: 'type'
  readonly operand: Operand
  readonly types: readonly TypeName[]
}

/** A string contains, begins with, ends with, or is like another; false for everything but strings. */
export interface TextNode extends LeafRules {
  readonly kind: 'text'
  readonly operator: 'contains' | 'startsWith' | 'endsWith' | 'like'
  readonly operand: Operand
  /** For `like` a pattern: `%` any run, `_` one code point, a backslash escapes the next character. */
  readonly text: string
  /** Compared in lower case (seekdb's documents). */
  readonly isCaseIgnored?: boolean
}

/** An array has any, or all, of the values as elements. */
export interface ContainsNode extends LeafRules {
  readonly kind: 'contains'
  readonly operand: Operand
  readonly values: readonly Constant[]
  readonly need: 'any' | 'all'
  /** A string is tested for the values as substrings. */
  readonly isTextToo?: boolean
}

/** A string in which the pattern occurs. Runs in JavaScript. */
export interface RegexNode extends LeafRules {
  readonly kind: 'regex'
  readonly operand: Operand
  readonly source: string
  /** Out of `imsuv`. */
  readonly flags: string
}

/**
 * A value that satisfies a function, which must return the same for the same value, and not throw. Runs in JavaScript.
 */
export interface TestNode extends LeafRules {
  readonly kind: 'test'
  readonly operand: Operand
  readonly test: (value: Constant) => boolean
  /** What is known of strings that satisfy the function; a text index may find those. */
  readonly words?: WordsHint
}

/** A string has at least `least` of the tokens that an analyzer with this complete definition makes. */
export interface WordsHint {
  readonly analyzer: unknown
  readonly tokens: readonly string[]
  readonly least: number
}

export type LeafNode = CompareNode | InNode | ExistsNode | TypeNode | TextNode | ContainsNode | RegexNode | TestNode
export type FilterNode = ConstantNode | LogicNode | NotNode | LeafNode

export const EVERYTHING: ConstantNode = { kind: 'constant', value: true }
export const NOTHING: ConstantNode = { kind: 'constant', value: false }

/** The operands of a leaf. */
export function operandsOf(leaf: LeafNode): readonly Operand[] {
  return leaf.kind === 'compare' ? [leaf.left, leaf.right] : [leaf.operand]
}

/** Whether a leaf of the tree may fail the filter: then the order of the parts is part of the meaning. */
export function mayFail(node: FilterNode): boolean {
  switch (node.kind) {
    case 'constant':
    case 'exists':
      return false
    case 'and':
    case 'or':
      return node.of.some(mayFail)
    case 'not':
      return mayFail(node.of)
    default:
      return node.absent === 'fail'
  }
}
