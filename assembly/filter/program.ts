// Programs: checked, then linked into a form that the machine runs without checks. Only this file reads what JavaScript
// wrote, except names, texts and constants, which stay where they were written.
//
// Private head: | 0 pages u32 | 4 work u32 | 8 work pages u32 | 12 code u32 | 16 answer of a failed filter u32 | 20 stack u32 |
//               | 24 constants u32 | 28 screen u32 |
// then what JavaScript wrote:
//   | 0 bytes u32 | 4 words of code | 8 paths | 12 steps | 16 names | 20 bytes of names | 24 bytes of constants | 28 flags, bit 0: failed = match |
//   | code u32[] | paths {first step, steps}[] | steps {name or all ones, position i32}[] | names {offset, bytes}[] | UTF-8 | to 8 | constants |
// The work area: | stack | code u32[] | names | paths | sets and texts | screen |; see path.ts, set.ts, text.ts, like.ts, screen.ts.

import { PAGE_SCRATCH, PAGE_TABLE, RECORD_HEADER_LARGE, STATUS_CORRUPT, STATUS_OK, STATUS_OUT_OF_MEMORY, TAG_ARRAY, TAG_STRING } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { payload } from "../record";
import { ENTRY_BYTES } from "./arithmetic";
import { constantsValid } from "./constants";
import { likeBuild, likeBytes } from "./like";
import {
  ABSENT_FAIL, ABSENT_SHIFT, ARITHMETIC_REMAINDER, FLAG_TEXT_TOO, OP_ARITHMETIC, OP_COMPARE, OP_COMPARE_TWO, OP_CONTAINS, OP_ENDS_WITH, OP_FIRST,
  OP_HAS_TEXT, OP_IN, OP_LIKE, OP_PUSH_CONSTANT, OP_PUSH_PATH, OP_RETURN, OP_STARTS_WITH, opWords, OUTCOMES_SHIFT,
  PATH_STACK, STACK_MAX,
} from "./opcode";
import { NAME_BYTES, PATH_STEPS } from "./path";
import { SCREEN_BYTES, screenBuild } from "./screen";
import { setBuild, setBytes } from "./set";
import { NEEDLE_BYTES, needleBuild } from "./text";
import { textBytes, textOf, textPointer } from "./value";

const P_PAGES: usize = 0;
const P_WORK: usize = 4;
const P_WORK_PAGES: usize = 8;
const P_CODE: usize = 12;
const P_FAILED: usize = 16;
const P_STACK: usize = 20;
const P_CONSTANTS: usize = 24;
const P_SCREEN: usize = 28;
const P_GIVEN: usize = 32;
const GIVEN_HEAD: usize = 32;
const NO_NAME: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline export function programCode(program: usize): usize {
  return <usize>load<u32>(program, P_CODE);
}

// @ts-ignore: decorator
@inline export function programFailed(program: usize): bool {
  return load<u32>(program, P_FAILED) != 0;
}

// @ts-ignore: decorator
@inline export function programStack(program: usize): usize {
  return <usize>load<u32>(program, P_STACK);
}

// @ts-ignore: decorator
@inline export function programConstants(program: usize): usize {
  return <usize>load<u32>(program, P_CONSTANTS);
}

// @ts-ignore: decorator
@inline export function programScreen(program: usize): usize {
  return <usize>load<u32>(program, P_SCREEN);
}

/** Number of words of its code. */
// @ts-ignore: decorator
@inline export function programWords(program: usize): u32 {
  return load<u32>(program + P_GIVEN, 4);
}

/** Address of a linked path; 0 if the program has none of that number. */
export function programPath(program: usize, path: u32): usize {
  const head = program + P_GIVEN;
  if (path >= load<u32>(head, 8)) return 0;
  const at = head + GIVEN_HEAD + (<usize>load<u32>(head, 4) << 2) + (<usize>path << 3);
  return <usize>load<u32>(at, 4);
}

/** Acquires memory for a program of `bytes`, to be written 32 bytes after the address returned; 0 if there is none. */
export function filter_reserve(bytes: u32): usize {
  assert(__heap_base <= PAGE_TABLE);
  const pages = pagesFor(P_GIVEN + <usize>bytes);
  if (pages >= 65536) return 0;
  const program = pagesAcquire(pages, PAGE_SCRATCH);
  if (program != 0) store<u32>(program, pages, P_PAGES);
  return program;
}

/** Checks the program written there and links it. */
export function filter_load(program: usize, bytes: u32): i32 {
  given = program + P_GIVEN;
  if (!headValid(bytes) || !pathsValid() || !namesValid() || !constantsValid(constantsAt, constantsSize)) return STATUS_CORRUPT;
  // One byte per word of code: 1 where an instruction begins with nothing on the stack.
  const marksPages = pagesFor(codeWords);
  const marks = pagesAcquire(marksPages, PAGE_SCRATCH);
  if (marks == 0) return STATUS_OUT_OF_MEMORY;
  const isValid = codeValid(marks) && targetsValid(marks);
  pagesRelease(marks, marksPages);
  if (!isValid) return STATUS_CORRUPT;
  if (extraBytes > <u64>1 << 30) return STATUS_OUT_OF_MEMORY;
  const stackBytes = ENTRY_BYTES * <usize>(STACK_MAX + 1);
  const fixed = <u64>stackBytes + (<u64>codeWords << 2) + 8 + <u64>names * <u64>NAME_BYTES + <u64>paths * <u64>PATH_STEPS + (<u64>steps << 3);
  const workBytes = fixed + extraBytes + SCREEN_BYTES + 8;
  if (workBytes > <u64>3 << 30) return STATUS_OUT_OF_MEMORY;
  const pages = pagesFor(<usize>workBytes);
  const work = pagesAcquire(pages, PAGE_SCRATCH);
  if (work == 0) return STATUS_OUT_OF_MEMORY;
  store<u32>(program, <u32>work, P_WORK);
  store<u32>(program, pages, P_WORK_PAGES);
  store<u32>(program, load<u32>(given, 28) & 1, P_FAILED);
  store<u32>(program, <u32>work, P_STACK);
  store<u32>(program, <u32>constantsAt, P_CONSTANTS);
  const code = work + stackBytes;
  store<u32>(program, <u32>code, P_CODE);
  link(code);
  const screen = take(SCREEN_BYTES);
  store<u32>(program, <u32>screen, P_SCREEN);
  screenBuild(screen, code, constantsAt);
  return STATUS_OK;
}

/** Releases a program's memory. */
export function filter_release(program: usize): void {
  pagesRelease(<usize>load<u32>(program, P_WORK), load<u32>(program, P_WORK_PAGES));
  pagesRelease(program, load<u32>(program, P_PAGES));
}

// --- checking

let given: usize = 0;
let codeAt: usize = 0;
let codeWords: u32 = 0;
let pathsAt: usize = 0;
let paths: u32 = 0;
let stepsAt: usize = 0;
let steps: u32 = 0;
let namesAt: usize = 0;
let names: u32 = 0;
let namesText: usize = 0;
let namesTextBytes: u32 = 0;
let constantsAt: usize = 0;
let constantsSize: usize = 0;
let constants: u32 = 0;
/** Bytes that sets and texts take. */
let extraBytes: u64 = 0;

function headValid(bytes: u32): bool {
  if (<usize>bytes < GIVEN_HEAD || load<u32>(given) != bytes) return false;
  codeWords = load<u32>(given, 4);
  paths = load<u32>(given, 8);
  steps = load<u32>(given, 12);
  names = load<u32>(given, 16);
  namesTextBytes = load<u32>(given, 20);
  constantsSize = <usize>load<u32>(given, 24);
  const codeEnd = <u64>GIVEN_HEAD + (<u64>codeWords << 2);
  const pathsEnd = codeEnd + (<u64>paths << 3);
  const stepsEnd = pathsEnd + (<u64>steps << 3);
  const namesEnd = stepsEnd + (<u64>names << 3);
  const textEnd = (namesEnd + namesTextBytes + 7) & ~(<u64>7);
  if (codeWords == 0 || textEnd + constantsSize != <u64>bytes) return false;
  codeAt = given + GIVEN_HEAD;
  pathsAt = given + <usize>codeEnd;
  stepsAt = given + <usize>pathsEnd;
  namesAt = given + <usize>stepsEnd;
  namesText = given + <usize>namesEnd;
  constantsAt = given + <usize>textEnd;
  return true;
}

function pathsValid(): bool {
  let next: u32 = 0;
  for (let i: usize = 0; i < paths; i++) {
    const count = load<u32>(pathsAt + (i << 3), 4);
    if (load<u32>(pathsAt + (i << 3)) != next || count == 0 || count > steps - next) return false;
    next += count;
  }
  for (let i: usize = 0; i < steps; i++) {
    const name = load<u32>(stepsAt + (i << 3));
    if (name != NO_NAME && name >= names) return false;
  }
  return next == steps;
}

function namesValid(): bool {
  for (let i: usize = 0; i < names; i++) {
    const at = namesAt + (i << 3);
    if (<u64>load<u32>(at) + load<u32>(at, 4) > <u64>namesTextBytes) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline function codeWord(at: u32): u32 {
  return load<u32>(codeAt + (<usize>at << 2));
}

// @ts-ignore: decorator
@inline function constantWord(index: u32): u32 {
  return load<u32>(constantsAt + RECORD_HEADER_LARGE + 4 + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline function isTest(op: u32): bool {
  return op != OP_RETURN && op < OP_PUSH_PATH;
}

function codeValid(marks: usize): bool {
  constants = load<u32>(constantsAt + RECORD_HEADER_LARGE);
  extraBytes = 0;
  let depth: u32 = 0;
  let op: u32 = OP_RETURN;
  let at: u32 = 0;
  while (at < codeWords) {
    const head = codeWord(at);
    op = head & 0xff;
    const length = opWords(op);
    if (length == 0 || length > codeWords - at || (head >> ABSENT_SHIFT & 3) > ABSENT_FAIL) return false;
    if (depth == 0) store<u8>(marks + at, 1);
    if (op == OP_RETURN) {
      if (depth != 0) return false;
    } else if (op == OP_COMPARE_TWO) {
      if (depth != 2) return false;
      depth = 0;
    } else if (isTest(op)) {
      const path = codeWord(at + 3);
      if (path == PATH_STACK ? depth != 1 : path >= paths || depth != 0) return false;
      depth = 0;
      if (length == 5 && !operandValid(op, head, codeWord(at + 4))) return false;
    } else {
      if (!stackValid(op, head, depth, length == 2 ? codeWord(at + 1) : 0)) return false;
      if (length == 2) depth++;
      else if (op == OP_ARITHMETIC || op == OP_FIRST) depth--;
    }
    at += length;
  }
  return op == OP_RETURN;
}

/** Checks the last word of a test: a constant of the right kind, or tags. */
function operandValid(op: u32, head: u32, operand: u32): bool {
  switch (op) {
    case OP_COMPARE:
      return operand < constants;
    case OP_IN:
    case OP_CONTAINS: {
      if (operand >= constants || constantWord(operand) >> 28 != TAG_ARRAY) return false;
      extraBytes += setBytes(load<u32>(nodeAt(operand)), op == OP_CONTAINS && (head & FLAG_TEXT_TOO) != 0) + 8;
      return true;
    }
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_HAS_TEXT:
    case OP_LIKE:
      if (operand >= constants || constantWord(operand) >> 28 != TAG_STRING) return false;
      textOf(constantsAt, constantWord(operand), 0);
      extraBytes += op == OP_LIKE ? likeBytes(textPointer, textBytes) : <u64>NEEDLE_BYTES;
      return true;
    default:
      return true;
  }
}

function stackValid(op: u32, head: u32, depth: u32, operand: u32): bool {
  switch (op) {
    case OP_PUSH_PATH:
      return depth < STACK_MAX && operand < paths;
    case OP_PUSH_CONSTANT:
      return depth < STACK_MAX && operand < constants;
    case OP_ARITHMETIC:
      return depth >= 2 && ((head >> OUTCOMES_SHIFT) & 7) <= ARITHMETIC_REMAINDER;
    case OP_FIRST:
      return depth >= 2;
    default:
      return depth >= 1;
  }
}

/** Whether every target of a test is further on and begins with an empty stack. */
function targetsValid(marks: usize): bool {
  for (let at: u32 = 0; at < codeWords; at += opWords(codeWord(at) & 0xff)) {
    if (!isTest(codeWord(at) & 0xff)) continue;
    for (let way: u32 = 1; way <= 2; way++) {
      const target = codeWord(at + way);
      if (target <= at || target >= codeWords || load<u8>(marks + target) == 0) return false;
    }
  }
  return true;
}

/** The node of a constant that is an array. */
function nodeAt(constant: u32): usize {
  return constantsAt + RECORD_HEADER_LARGE + (<usize>payload(constantWord(constant)) << 2);
}

// --- linking

let free: usize = 0;

function take(bytes: usize): usize {
  const at = free;
  free += (bytes + 7) & ~7;
  return at;
}

function link(code: usize): void {
  free = code;
  take(<usize>codeWords << 2);
  const linkedNames = take(<usize>names * NAME_BYTES);
  for (let i: usize = 0; i < names; i++) {
    const name = linkedNames + i * NAME_BYTES;
    store<u32>(name, load<u32>(namesAt + (i << 3), 4));
    store<u32>(name, <u32>(namesText + load<u32>(namesAt + (i << 3))), 4);
  }
  const linkedPaths = take(<usize>paths * PATH_STEPS + (<usize>steps << 3));
  let next = linkedPaths;
  for (let i: usize = 0; i < paths; i++) {
    const count = <usize>load<u32>(pathsAt + (i << 3), 4);
    const from = stepsAt + (<usize>load<u32>(pathsAt + (i << 3)) << 3);
    store<u32>(next, <u32>count);
    // The address of path i replaces its count.
    store<u32>(pathsAt + (i << 3), <u32>next, 4);
    for (let step: usize = 0; step < count; step++) {
      const name = load<u32>(from + (step << 3));
      const to = next + PATH_STEPS + (step << 3);
      store<u32>(to, name == NO_NAME ? 0 : <u32>(linkedNames + <usize>name * NAME_BYTES));
      store<i32>(to, load<i32>(from + (step << 3), 4), 4);
    }
    next += PATH_STEPS + (count << 3);
  }
  for (let at: u32 = 0; at < codeWords; ) at += linkInstruction(code, at);
}

function linkInstruction(code: usize, at: u32): u32 {
  const head = codeWord(at);
  const op = head & 0xff;
  const length = opWords(op);
  const to = code + (<usize>at << 2);
  memory.copy(to, codeAt + (<usize>at << 2), <usize>length << 2);
  if (isTest(op)) {
    store<u32>(to, <u32>code + (codeWord(at + 1) << 2), 4);
    store<u32>(to, <u32>code + (codeWord(at + 2) << 2), 8);
    if (op != OP_COMPARE_TWO) store<u32>(to, linkedPath(codeWord(at + 3)), 12);
    if (length == 5) store<u32>(to, linkedOperand(op, head, codeWord(at + 4)), 16);
  } else if (op == OP_PUSH_PATH) {
    store<u32>(to, linkedPath(codeWord(at + 1)), 4);
  } else if (op == OP_PUSH_CONSTANT) {
    store<u32>(to, constantWord(codeWord(at + 1)), 4);
  }
  return length;
}

/** Address of a path; 0 for the value on the stack. */
function linkedPath(path: u32): u32 {
  return path == PATH_STACK ? 0 : load<u32>(pathsAt + (<usize>path << 3), 4);
}

function linkedOperand(op: u32, head: u32, operand: u32): u32 {
  switch (op) {
    case OP_COMPARE:
      return constantWord(operand);
    case OP_IN:
    case OP_CONTAINS: {
      const node = nodeAt(operand);
      const hasNeedles = op == OP_CONTAINS && (head & FLAG_TEXT_TOO) != 0;
      const set = take(<usize>setBytes(load<u32>(node), hasNeedles));
      setBuild(set, constantsAt, node + 4, load<u32>(node), hasNeedles);
      return <u32>set;
    }
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_HAS_TEXT: {
      const needle = take(NEEDLE_BYTES);
      textOf(constantsAt, constantWord(operand), 0);
      needleBuild(needle, textPointer, textBytes);
      return <u32>needle;
    }
    case OP_LIKE: {
      textOf(constantsAt, constantWord(operand), 0);
      const like = take(<usize>likeBytes(textPointer, textBytes));
      likeBuild(like, textPointer, textBytes);
      return <u32>like;
    }
    default:
      return operand;
  }
}
