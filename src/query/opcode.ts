// Instructions of the filter machine. assembly/filter/opcode.ts has the same names and numbers; a test compares them.
//
// A program is u32 words. A test has two targets, both further on: where to go when it holds, and where when it does
// not.
//   head: | 0-7 instruction | 8-9 when the operand is absent | 10 null is absent | 11-12 flags | 16-20 outcomes, or
// which |

/** Ends with the result in bit 8. */
export const OP_RETURN = 0
/** | head | then | else | path | f64 |: a number against a constant. */
export const OP_NUMBER = 1
/** | head | then | else | path | constant | */
export const OP_COMPARE = 2
/** | head | then | else |: compares the two values on the stack. */
export const OP_COMPARE_TWO = 3
/** | head | then | else | path | constant, an array | */
export const OP_IN = 4
/** | head | then | else | path | */
export const OP_EXISTS = 5
/** | head | then | else | path | a bit for each tag | */
export const OP_TYPE = 6
/** | head | then | else | path | constant, a string |, as the next three. */
export const OP_STARTS_WITH = 7
export const OP_ENDS_WITH = 8
export const OP_HAS_TEXT = 9
export const OP_LIKE = 10
/** | head | then | else | path | constant, an array | */
export const OP_CONTAINS = 11
/** | head | path | */
export const OP_PUSH_PATH = 12
/** | head | constant | */
export const OP_PUSH_CONSTANT = 13
/** | head |: replaces two values by one; the next three take one, one, and two values. */
export const OP_ARITHMETIC = 14
export const OP_NEGATE = 15
export const OP_SIZE = 16
export const OP_FIRST = 17

/** In place of a path: the value on the stack. */
export const PATH_STACK = 0xffffffff
/** Maximum number of values on the stack. */
export const STACK_MAX = 32

export const ABSENT_SHIFT = 8
export const ABSENT_ELSE = 0
export const ABSENT_THEN = 1
export const ABSENT_FAIL = 2
export const FLAG_NULL_ABSENT = 1 << 10
/** OP_CONTAINS: all of them, not any. OP_ARITHMETIC: a division by zero yields no value. */
export const FLAG_ALL = 1 << 11
/** OP_CONTAINS: substrings of a string too. */
export const FLAG_TEXT_TOO = 1 << 12
export const OUTCOMES_SHIFT = 16

export const ARITHMETIC_ADD = 0
export const ARITHMETIC_SUBTRACT = 1
export const ARITHMETIC_MULTIPLY = 2
export const ARITHMETIC_DIVIDE = 3
export const ARITHMETIC_REMAINDER = 4
