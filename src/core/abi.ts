// Mirror of assembly/abi.ts: the constants both sides of the border agree on. A test compares the two, name by name.
// Everything is little-endian. An address is a byte position in linear memory; 0 is never a valid one. The layouts are drawn
// in the AssemblyScript file and in docs/format.md.

/** Incremented whenever a release changes the meaning of a snapshot's bytes: STATE, hash segments, slot table, shapes, indexes, graphs. */
export const LAYOUT_VERSION = 2

// --- status: 0 fine, negative refusal
export const STATUS_OK = 0
export const STATUS_OUT_OF_MEMORY = -1
export const STATUS_CORRUPT = -2

// --- memory map
export const PAGE_BYTES = 65536
export const STATE = 1024
export const STATE_END = 4096
export const BLOCKS_CONTROL = 4096
export const KEY_BUFFER = 12288
export const KEY_BUFFER_BYTES = 4096
export const KEY_SCRATCH = 16384
export const STATIC_DERIVED = 57344
export const STATIC_FILTER = 61440
export const BATCH_SCRATCH = 24576
export const PAGE_TABLE = 65536
export const FIRST_PAGE = 2
export const PAGES_MAX = 65536
/**
 * Pages that records must leave free, so that a full partition can still delete and compact; and of these, the pages that structures must
 * leave as well.
 */
export const PAGES_RESERVED = 48
export const PAGES_RESERVED_SCRATCH = 32

export const PAGE_FREE = 0
export const PAGE_STRUCT = 1 // in the snapshot
export const PAGE_RECORD = 2 // blocks; rebuilt from the log
export const PAGE_SCRATCH = 3 // staging and output buffers
export const PAGE_COLUMN = 4 // derived from records; rebuilt when opened
export const PAGE_LINKS = 5 // in the snapshot, packed
export const PAGE_CLEAN = 6 // free and zero, because nothing was ever written to it
export const PAGE_RUN = 7 // as PAGE_RECORD, the first page of a run that is released when it is empty

// --- STATE, addresses
export const S_LAYOUT = STATE // u32
export const S_PAGES_TOP = STATE + 4 // u32 first page never handed out
export const S_PAGES_LIMIT = STATE + 8 // u32
export const S_PAGES_FREE = STATE + 12 // u32 free pages below the top
export const S_STRUCT_NEXT = STATE + 16 // u32 bump allocator of structures
export const S_STRUCT_END = STATE + 20 // u32
export const S_SEED_0 = STATE + 24 // u64
export const S_SEED_1 = STATE + 32 // u64
export const S_DIRECTORY = STATE + 40 // u32 -> u32[1 << depth] segments
export const S_DIRECTORY_DEPTH = STATE + 44 // u32
export const S_SEGMENTS = STATE + 48 // u32 count
export const S_SPLIT_SCRATCH = STATE + 52 // u32 one segment's worth
export const S_COUNT = STATE + 56 // u32 documents
export const S_SLOT_DIRECTORY = STATE + 60 // u32 -> u32[] chunks
export const S_SLOT_TOP = STATE + 64 // u32 slots ever used
export const S_SLOT_FREE = STATE + 68 // u32 head of the free list, slot + 1
export const S_SHAPE_DIRECTORY = STATE + 72 // u32 -> u32[] shape structs
export const S_SHAPE_CAPACITY = STATE + 76 // u32
export const S_SHAPE_TOP = STATE + 80 // u32 one past the highest shape id
export const S_NAME_DIRECTORY = STATE + 84 // u32 -> u32[] name structs
export const S_NAME_CAPACITY = STATE + 88 // u32
export const S_NAME_TOP = STATE + 92 // u32 names
export const S_NAME_TABLE = STATE + 96 // u32 -> u32[] open addressing, name id + 1
export const S_NAME_TABLE_MASK = STATE + 100 // u32
export const S_LIVE_BYTES = STATE + 104 // u64 bytes of all live record blocks
export const S_PRIMARY_NAME = STATE + 112 // u32 name id + 1 of the primary key field
export const S_SHAPES_UNLOGGED = STATE + 116 // u32 shapes the log does not know yet
export const S_PAGES_LENT = STATE + 120 // u32 1 while a log is read: no pages need be left free

// --- staging, a mailbox JS fills (not part of a snapshot's meaning)
export const S_STAGE_WORDS = STATE + 256 // u32 address
export const S_STAGE_WIDES = STATE + 260
export const S_STAGE_LENGTHS = STATE + 264
export const S_STAGE_TEXT = STATE + 268
export const S_STAGE_BYTES = STATE + 272
export const S_STAGE_PAGES = STATE + 276 // u32 pages of the whole staging run

// --- batch
export const S_OPS = STATE + 288 // u32 address of op[0]
export const S_OPS_COUNT = STATE + 292
export const S_OPS_CAPACITY = STATE + 296
export const S_BATCH_COUNTS = STATE + 300 // u32 for each outcome 0..7
export const S_GATHER = STATE + 336 // u32 output buffer
export const S_GATHER_PAGES = STATE + 340
export const S_GATHER_OP = STATE + 344 // next op to gather
export const S_GATHER_SHAPE = STATE + 348 // next shape to gather
export const S_GATHER_FLAGS = STATE + 352 // flags of the frame gathered last
export const S_GATHER_BYTES = STATE + 356 // u32 capacity of the buffer in use
export const S_LOG_SEED = STATE + 360 // u64 seed of the log's checksums
export const S_SHIFT_SEED = STATE + 368 // u64 same, of the log a compaction writes

// --- answers of the last call, and where scans, walks, compactions and passes have got to
export const S_SCAN_NEXT = STATE + 384 // u32 slot to continue from, or all ones
export const S_CHECK_END = STATE + 388 // u32 address after the last whole group
export const S_CHECK_STOP = STATE + 392 // u32 address of the first frame not checked or not valid
export const S_CHECK_SEQUENCE = STATE + 396 // u32 sequence after the last valid frame
export const S_CHECK_DURABLE = STATE + 400 // u32 units, greatest of the valid frames
export const S_CHECK_GROUP = STATE + 404 // u32 address of the group with a transaction, or 0
export const S_CHECK_OPEN = STATE + 408 // u32 address where an incomplete group began, or 0
export const S_WALK_LIVE = STATE + 412 // u32 live records found while walking a covered log
export const S_SHIFT = STATE + 416 // u32 -> u32[] new log positions while compacting
export const S_SHIFT_PAGES = STATE + 420
export const S_SHIFT_SLOTS = STATE + 424 // u32 number of slots when it began
export const S_SHIFT_NEXT = STATE + 428 // u32 slot to continue from
export const S_WALK_LOST = STATE + 432 // u32 records skipped by a salvage because their field names are unknown
export const S_WALK_AT = STATE + 436 // u32 address to continue walking from
export const S_SCAN_EXAMINED = STATE + 440 // u32 records examined by a filtered scan
export const S_DERIVED = STATE + 444 // u32 bits of what follows the records: DERIVED_*
export const S_GATHER_TOTAL = STATE + 448 // f64 upper bound of the bytes of the group being written
export const S_SLOT_MARKS = STATE + 456 // u32 address of one byte per 32 slots, set to 255 when one of these slots gets or loses a record
export const S_SLOT_MARKED = STATE + 460 // u32 number of slots covered by the marks, or 0
export const S_PASS_HASHES = STATE + 464 // u32 -> u64 per slot, while a log is read through a window: see store/pass
export const S_PASS_GAPS = STATE + 468 // u32 where the next u32 goes that names a block without a live record
export const S_PASS_END = STATE + 472 // u32 address after the room for the hashes

// --- what follows the records: bits of S_DERIVED
export const DERIVED_ORDERED = 1
export const DERIVED_VECTORS = 2
export const DERIVED_INVERTED = 4
export const DERIVED_GRAPHS = 16

// --- vectors and graphs
export const S_VECTOR_FIELDS = STATE + 768 // u32 fields declared
export const S_VECTOR_TABLE = STATE + 772 // u32 address of the first field, or 0
export const S_FLAT_BUFFER = STATE + 780 // u32 a released search, kept for the next
export const S_FLAT_PAGES = STATE + 784 // u32
export const S_GRAPHS = STATE + 1024 // u32[VECTOR_FIELDS_MAX] graph of each vector field, or 0
export const S_GRAPH_VISITED = STATE + 1088 // u32 nodes whose links searches have followed

// --- slots in the core's function table for the hooks of derived/
export const HOOK_CHANGED = 1
export const HOOK_CLASH = 2
export const HOOK_UNDO = 3

// --- inverted indexes
export const S_INVERTED_COUNT = STATE + 1280 // u32 entries of the list that have been used
export const S_INVERTED_LIST = STATE + 1284 // u32[INVERTED_MAX] addresses of their structs
export const S_INVERTED_ANSWER = STATE + 1780 // u32 address of the last call's answer
export const INVERTED_MAX = 64
export const INVERTED_TEXT = 1
export const INVERTED_SPARSE = 2

// --- ordered indexes
export const ORDERED_MAX = 60
export const S_ORDERED = STATE + 512 // u32[ORDERED_MAX] addresses, 0: none
export const S_ORDERED_TOP = STATE + 752 // u32 one past the last of them in use
export const S_ORDERED_UNIQUE = STATE + 756 // u32 unique indexes that are enforced
export const S_ORDERED_CLASH = STATE + 760 // u32 id of the index that refused a record
export const S_ORDERED_CLASH_ELEMENT = STATE + 764 // u32 which element of the other record's array, all ones: the value itself

// --- blocks: the unit of the record arena and of the log. First word of each:
//   | 0-23 length in units of 8 bytes | 24-27 kind | 28-30 flags of the kind | 31 the block before is free (memory only) |
export const BLOCK_UNITS = 0xffffff
export const BLOCK_KIND_SHIFT = 24
export const BLOCK_KIND = 0xf
export const BLOCK_PREVIOUS_FREE = 0x80000000
export const KIND_FREE = 0
export const KIND_RECORD = 1
export const KIND_DELETE = 2
export const KIND_SHAPE = 3
export const KIND_FRAME = 4
export const KIND_TRANSACTION = 5
export const KIND_FILE = 6 // the file's own header
export const KIND_SENTINEL = 7

// --- frame: | 0 block word | 4 payload bytes u32 | 8 durable up to, units u32 | 12 sequence u32 | 16 xxh64 u64 |
export const FRAME_BYTES = 24
export const FRAME_MORE = 1 << 28 // the group continues in the next frame
export const FRAME_GROUP = 1 << 29 // the group holds a transaction entry
export const FRAME_CONTINUES = 1 << 30 // the group began in an earlier frame
/** Payload at which a frame is closed, so that a big batch becomes a group of frames and the buffer stays small. */
export const FRAME_PAYLOAD_TARGET = 524288

// --- record: | 0 block word | 4 slot u32 | 8 shape id (24 bits), flags (8) | 12 words before ends u16, strings u16 | words |
//     large:                                                                  | 12 ends offset u32 | 16 strings u32 | 20 zero | words |
export const RECORD_HEADER = 16
export const RECORD_HEADER_LARGE = 24
export const RECORD_ENDS_WIDTH = 3 // 0: u8, 1: u16, 2: u32
export const RECORD_NON_ASCII = 4 // a second table holds UTF-16 ends
export const RECORD_LARGE = 8
export const RECORD_BYTES_MAX = 16777216
/** In place of a shape id: the names are in the node itself. */
export const SHAPE_INLINE = 0xffffff

// --- value words: tag in the top 4 bits, payload in the lower 28
export const TAG_RAW = 0 // shape id, count: not a value
export const TAG_NULL = 1
export const TAG_FALSE = 2
export const TAG_TRUE = 3
export const TAG_INT = 4 // signed 28 bits inline
export const TAG_DOUBLE = 5 // units of 8 from the record's start
export const TAG_BIGINT = 6 // same, i64
export const TAG_DATE = 7 // same, f64 milliseconds
export const TAG_STRING = 8 // number of the string
export const TAG_UUID = 9 // units of 8: 16 bytes; a lower-case UUID string, primary key only
export const TAG_BINARY = 10 // units of 8: offset u32, length u24, element type u8
export const TAG_ARRAY = 11 // index of the node's count word, from the first word
export const TAG_OBJECT = 12 // index of the node's shape word, from the first word

// --- cells: the values of many records at a path, see filter/cells
export const CELLS_MAX = 256
/** u32[]: a tag in the low 4 bits, 0 where there is no value; for a string, 28 bits of hash above it. */
export const CELL_KINDS = KEY_BUFFER + 1024
/** 8 bytes[]: the f64 of a number or date; the i64 of a bigint; address and byte length (u32 each) of a string. */
export const CELL_VALUES = KEY_BUFFER + 2048

// --- staged document in the words region: head, then the words
export const STAGED_MODE = 0
export const STAGED_SHAPE = 1
export const STAGED_WORDS = 2
export const STAGED_WIDES = 3
export const STAGED_STRINGS = 4
export const STAGED_KEY = 5 // index of the primary key's word
export const STAGED_BINARY = 6 // bytes of all binaries
export const STAGED_UNITS = 7 // UTF-16 length of its part of the text
export const STAGED_HEAD = 8
/** Flags in the mode word: the text was encoded together with others that are not all ASCII; a string was staged apart. */
export const STAGED_MIXED = 0x100
export const STAGED_APART = 0x200
/** In a staged length: three words, | flag and UTF-16 length | byte length | address |, for a string staged apart. */
export const LENGTH_APART = 0x80000000

export const MODE_INSERT = 0
export const MODE_UPSERT = 1
export const MODE_REPLACE = 2
export const MODE_SKIP = 3 // refused by the JS side after staging

// --- op of a batch: | 0 outcome u32 | 4 slot, or reason of a failure | 8 new address | 12 old address | 16 log position, units u32 |
//                    | 20 the slot's log position before, u32 |
export const OP_BYTES = 24
export const OUTCOME_PENDING = 0
export const OUTCOME_INSERTED = 1
export const OUTCOME_REPLACED = 2
export const OUTCOME_UNCHANGED = 3
export const OUTCOME_EXISTS = 4
export const OUTCOME_MISSING = 5
export const OUTCOME_DELETED = 6
export const OUTCOME_FAILED = 7

export const FAILED_TOO_LARGE = 1
export const FAILED_KEY_TOO_LONG = 2
export const FAILED_KEY_TYPE = 3
export const FAILED_ILL_FORMED = 4
export const FAILED_SKIPPED = 5
export const FAILED_DUPLICATE = 6 // the op's old address: the document that has the value; its log positions: the id of the index, and the element of its array or all ones

// --- keys in canonical form: type, then payload
export const KEY_STRING = 1 // UTF-8
export const KEY_UUID = 2 // 16 bytes
export const KEY_INT = 3 // i64
export const KEY_DOUBLE = 4 // f64, never integral within int64
export const KEY_BOOL = 5 // 1 byte
export const KEY_DATE = 6 // f64
export const KEY_BINARY = 7
export const KEY_ARRAY = 8 // for each element: type u8, length u16, payload
export const KEY_BYTES_MAX = 1024

// --- slot table: chunks of 8192 entries, | address u32 | log position in units of 8, u32 |; free: | 0 | next free + 1 |
export const SLOT_CHUNK_SHIFT = 13
export const SLOT_CHUNK_MASK = 8191
export const SLOT_DIRECTORY_CHUNKS = 32768

// --- flags of a walk over the frames of a log
export const WALK_COPY = 1 // records are copied out of the buffer instead of staying in place
export const WALK_COVERED = 2 // the snapshot includes these frames: records are live where it says so
export const WALK_INDEX = 4 // keep the hash index up to date
export const WALK_DISCARD = 8 // release the blocks, apply nothing
export const WALK_SHAPES = 16 // only read the shapes; with WALK_COPY
export const WALK_SALVAGE = 32 // skip records whose shapes are lost
export const WALK_HASH = 64

/** No slot. */
export const SLOT_NONE = 0xffffffff

// --- vector fields; layout: assembly/vector/field.ts
export const VECTOR_FIELDS_MAX = 16
export const METRIC_COSINE = 0
export const METRIC_L2 = 1
export const METRIC_IP = 2
export const METRIC_HAMMING = 3
export const METRIC_JACCARD = 4
export const CODE_NONE = 0 // f32 alone
export const CODE_INT8 = 1
export const CODE_BINARY = 2 // signs, for walks; scans read f32
export const CODE_BITS = 3 // the vector is bits
/** Element types used only by declared vectors; 7 is f32, 0 packed bits. */
export const ELEMENT_BITS = 0
export const ELEMENT_F32 = 7
export const ELEMENT_F16 = 11
export const ELEMENT_BF16 = 12
export const ELEMENT_INT8 = 13
export const ELEMENT_CODES = 14 // scale f32, then an int8 for each lane
