// Instructions of the filter machine. src/query/opcode.ts has the same names and numbers (a test compares them) and
// describes the words of each. In a loaded program the words for targets, paths, sets and texts are addresses.

export const OP_RETURN: u32 = 0;
export const OP_NUMBER: u32 = 1;
export const OP_COMPARE: u32 = 2;
export const OP_COMPARE_TWO: u32 = 3;
export const OP_IN: u32 = 4;
export const OP_EXISTS: u32 = 5;
export const OP_TYPE: u32 = 6;
export const OP_STARTS_WITH: u32 = 7;
export const OP_ENDS_WITH: u32 = 8;
export const OP_HAS_TEXT: u32 = 9;
export const OP_LIKE: u32 = 10;
export const OP_CONTAINS: u32 = 11;
export const OP_PUSH_PATH: u32 = 12;
export const OP_PUSH_CONSTANT: u32 = 13;
export const OP_ARITHMETIC: u32 = 14;
export const OP_NEGATE: u32 = 15;
export const OP_SIZE: u32 = 16;
export const OP_FIRST: u32 = 17;

export const PATH_STACK: u32 = 0xffffffff;
export const STACK_MAX: u32 = 32;

export const ABSENT_SHIFT: u32 = 8;
export const ABSENT_ELSE: u32 = 0;
export const ABSENT_THEN: u32 = 1;
export const ABSENT_FAIL: u32 = 2;
export const FLAG_NULL_ABSENT: u32 = 1 << 10;
export const FLAG_ALL: u32 = 1 << 11;
export const FLAG_TEXT_TOO: u32 = 1 << 12;
export const OUTCOMES_SHIFT: u32 = 16;

export const ARITHMETIC_ADD: u32 = 0;
export const ARITHMETIC_SUBTRACT: u32 = 1;
export const ARITHMETIC_MULTIPLY: u32 = 2;
export const ARITHMETIC_DIVIDE: u32 = 3;
export const ARITHMETIC_REMAINDER: u32 = 4;

/** Number of words of an instruction; 0 if there is no such instruction. */
export function opWords(op: u32): u32 {
  switch (op) {
    case OP_RETURN:
    case OP_ARITHMETIC:
    case OP_NEGATE:
    case OP_SIZE:
    case OP_FIRST:
      return 1;
    case OP_PUSH_PATH:
    case OP_PUSH_CONSTANT:
      return 2;
    case OP_COMPARE_TWO:
      return 3;
    case OP_EXISTS:
      return 4;
    case OP_NUMBER:
      return 6;
    case OP_COMPARE:
    case OP_IN:
    case OP_TYPE:
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_HAS_TEXT:
    case OP_LIKE:
    case OP_CONTAINS:
      return 5;
    default:
      return 0;
  }
}
