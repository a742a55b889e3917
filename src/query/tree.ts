// The filter tree: what every filter language parses to, native and dialects alike, and what the compiler and the evaluator
// read. Where systems differ in meaning the difference is a field of the node, so that there is one compiler and one machine.
//
// A node answers true, false, unknown, or that the filter failed. Only true is a match. `and`, `or` and `not` go by Kleene's
// tables (unknown stays unknown under `not`), so SQL's null rules need nothing but leaves that answer unknown. A filter that
// failed ends there: the whole of it answers what the caller set for that case (ReQL's `default`).

/** A value in a filter: what a document may hold. Objects in it have no prototype, so that any name is plain data. */
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

/** What `$type` calls the types. `number` is not `bigint`, though the two compare by value. */
export type TypeName = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'date' | 'binary' | 'array' | 'object'

/**
 * What a node answers when an operand is not there:
 * - `unequal`: as if it were a value unlike all others: `ne` is true, everything else false (native, Milvus' JSON paths);
 * - `unknown`: unknown (SQL: nullable Milvus fields, seekdb's metadata);
 * - `fail`: the filter fails (ReQL).
 *
 * One tree has leaves that answer unknown or leaves that fail, not both.
 */
export type Absent = 'unequal' | 'unknown' | 'fail'

/** Of every leaf that reads an operand. */
export interface LeafRules {
  /** `unequal` unless given. */
  readonly absent?: Absent
  /** Null counts as not there. Unless given it is a value, equal to itself only. */
  readonly isNullAbsent?: boolean
}

// --- operands

/** A step of a path. A name enters objects, a position enters arrays; native `0` is both, and what stands there decides. */
export interface PathStep {
  readonly name: string | null
  /** From 0; negative counts from the end. */
  readonly index: number | null
}

export interface ConstantOperand {
  readonly kind: 'constant'
  readonly value: Constant
}

/** What stands in the document at the end of at least one step; absent when a step leads nowhere. */
export interface PathOperand {
  readonly kind: 'path'
  readonly steps: readonly PathStep[]
}

/**
 * Arithmetic on numbers; absent when an operand is none. Integers (bigint, or a number without fraction) are exact within 64
 * bits, in division where it leaves no rest; everything else is double arithmetic. The remainder has the dividend's sign.
 */
export interface ArithmeticOperand {
  readonly kind: 'arithmetic'
  readonly operator: ArithmeticOperator
  readonly left: Operand
  readonly right: Operand
  /** Dividing by zero gives nothing. Unless given it gives what doubles give: Infinity or NaN. */
  readonly isZeroDivisorAbsent?: boolean
}

export interface NegateOperand {
  readonly kind: 'negate'
  readonly of: Operand
}

/** How many elements an array has; absent for everything else. */
export interface SizeOperand {
  readonly kind: 'size'
  readonly of: Operand
}

/** The first that is there: ReQL's `default`, seekdb's keys that may hold a dot. */
export interface FirstOperand {
  readonly kind: 'first'
  readonly of: Operand
  readonly otherwise: Operand
  /** Null is passed over too. */
  readonly isNullAbsent?: boolean
}

export type Operand = ConstantOperand | PathOperand | ArithmeticOperand | NegateOperand | SizeOperand | FirstOperand

// --- nodes

/** All documents, or none. */
export interface ConstantNode {
  readonly kind: 'constant'
  readonly value: boolean
}

/** Empty, `and` is true and `or` false. */
export interface LogicNode {
  readonly kind: 'and' | 'or'
  readonly of: readonly FilterNode[]
}

export interface NotNode {
  readonly kind: 'not'
  readonly of: FilterNode
}

/**
 * Two operands compared. Numbers of all kinds compare by exact value, strings by code point, dates by time, binaries bytewise
 * (then by element type), false before true; arrays and objects are equal or not, whatever the order of keys.
 */
export interface CompareNode extends LeafRules {
  readonly kind: 'compare'
  readonly operator: CompareOperator
  readonly left: Operand
  readonly right: Operand
  /**
   * `within` (unless given): values of different types are unequal, and neither is less; so are arrays and objects. `total`:
   * ReQL's order over everything: array, boolean, null, number, object, binary, date, string; arrays and objects by content.
   */
  readonly order?: 'within' | 'total'
}

/** Equal to one of many. */
export interface InNode extends LeafRules {
  readonly kind: 'in'
  readonly operand: Operand
  readonly values: readonly Constant[]
}

/** There is something. Never unknown. */
export interface ExistsNode {
  readonly kind: 'exists'
  readonly operand: Operand
  readonly isNullAbsent?: boolean
}

/** A number that was computed is a `bigint` where it is exact: ask for both. */
export interface TypeNode extends LeafRules {
  readonly kind: 'type'
  readonly operand: Operand
  readonly types: readonly TypeName[]
}

/** A string that holds, begins with, ends with, or is like another; false for everything but strings. */
export interface TextNode extends LeafRules {
  readonly kind: 'text'
  readonly operator: 'contains' | 'startsWith' | 'endsWith' | 'like'
  readonly operand: Operand
  /** For `like` a pattern: `%` any run, `_` one code point, a backslash makes the next character plain. */
  readonly text: string
  /** Compared in lower case (seekdb's documents). */
  readonly isCaseIgnored?: boolean
}

/** An array that has any, or all, of the values as elements. */
export interface ContainsNode extends LeafRules {
  readonly kind: 'contains'
  readonly operand: Operand
  readonly values: readonly Constant[]
  readonly need: 'any' | 'all'
  /** A string has its substrings. */
  readonly isTextToo?: boolean
}

/** A string in which the pattern is found. Runs in JavaScript. */
export interface RegexNode extends LeafRules {
  readonly kind: 'regex'
  readonly operand: Operand
  readonly source: string
  /** Of `imsuv`. */
  readonly flags: string
}

/** A value that a function holds for; it must answer the same for the same value, and not throw. Runs in JavaScript. */
export interface TestNode extends LeafRules {
  readonly kind: 'test'
  readonly operand: Operand
  readonly test: (value: Constant) => boolean
  /** What else is known of a string it holds for; an index of texts may find those. */
  readonly words?: WordsHint
}

/** A string has at least `least` of the tokens, as an analyzer with this complete definition makes them. */
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

/** Whether any leaf of the tree may fail the filter: then the order of its parts is part of its meaning. */
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
