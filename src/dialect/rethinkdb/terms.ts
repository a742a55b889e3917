// Every term: its number in the protocol, where it can be called, what the driver checks when a chain is built, and what
// the server checks before it runs. One line each, so that the table reads as a list; docs/dialects/rethinkdb.md is
// tested against it.
//
//   name number where part traits build arity options
//
// where: m a method of terms, r of `r`, b both, c a constant of `r`, - neither.
// part: the part of parts.ts that implements it; - always loaded.
// traits: a the last digits of its answer depend on the machine's arithmetic; g grouped data is an ordinary argument;
//         s takes a grouped stream group by group, and returns a stream again if the operation does; u does not always
//         give the same answer; v its functions run once per value, so writes are refused there; w writes; - none.
// build: * any arguments; o<n> n arguments and options; v<min>-<max>; t any arguments, the last may be options; = by a
//        function of its own. `:f` wraps every argument that contains r.row into a function, `:f<n>` the nth.
// arity: arguments including the receiver, `2` or `1-3` or `1-`.

const BOUNDS = 'left_bound,right_bound'
const INSERT = 'durability,return_changes,return_vals,ignore_write_hook'
const WRITE = `${INSERT},non_atomic`
const SHARDS = 'shards,replicas,nonvoting_replica_tags,primary_replica_tag'

const TABLE = `
add 24 b - - * 1-
and 67 b - g * 0-
append 29 m d - * 2
args 154 r - - * 1
array 2 - - g * 0-
asc 73 r - - *:f 1
avg 146 b c sv *:f 1-2 index
between 182 m s - o2 3 index,${BOUNDS}
binary 155 r t - = 1
bitAnd 191 b t - * 1-
bitNot 194 b t - * 1
bitOr 192 b t - * 1-
bitSal 195 b t - * 2
bitSar 196 b t - * 2
bitXor 193 b t - * 1-
bracket 170 m - s * 2
branch 65 b - g * 3-
ceil 184 b t - * 1
changeAt 84 m d - * 3
changes 152 m f gu o0 1 squash,changefeed_queue_size,include_initial,include_states,include_offsets,include_types
circle 165 r g a o2 2 num_vertices,geo_system,unit,fill
coerceTo 51 m t - * 2
concatMap 40 m s sv *:f 2
config 174 m a u * 1
contains 93 b c v *:f 1-
count 43 b c sv *:f 1-2
date 106 m i - * 1
day 130 m i - * 1
dayOfWeek 131 m i - * 1
dayOfYear 132 m i - * 1
db 14 r - u * 1
dbCreate 57 r a uw * 1
dbDrop 58 r a uw * 1
dbList 59 r a u * 0
default 92 m - g * 2
delete 54 m w uvw o0 1 ${WRITE}
deleteAt 83 m d - * 2-3
desc 74 r - - *:f 1
difference 95 m d - * 2
distance 162 b g a o1 2 geo_system,unit
distinct 42 b c - = 1 index
div 27 b - - * 1-
do 64 b - g = 1-
downcase 142 m t - * 1
during 105 m i - o2 3 ${BOUNDS}
epochTime 101 r i - * 1
eq 17 b - - * 2-
eqJoin 50 m c v o2:f0 3 index,ordered
error 12 r - g * 0-1
fill 167 m g a * 1
filter 39 m s sv o1:f0 2 default
floor 183 b t - * 1
fold 187 m c sv o2:f1 3 emit,final_emit
forEach 68 m w uw *:f 2
format 197 b t - * 2
func 69 - - - * 2
ge 22 b - - * 2-
geojson 157 r g a * 1
get 16 m - - * 2
getAll 78 m - - = 1- index,read_mode
getField 31 m - s * 2
getIntersecting 166 m g a o1 2 index,read_mode
getNearest 168 m g a o1 2 index,max_results,max_dist,geo_system,unit,read_mode
getWriteHook 190 m x u * 1
grant 188 b a uw * 2-4
group 144 b c gv t:f 1- index,multi
gt 21 b - - * 2-
hasFields 32 m d s * 1-
hours 133 m i - * 1
http 153 r - u o1 1 *
implicit 13 - - - * 0
inTimezone 104 m i - * 2
includes 164 m g a * 2
indexCreate 75 m x uw = 2-3 multi,geo
indexDrop 76 m x uw * 2
indexList 77 m x u * 1
indexRename 156 m x uw o2 3 overwrite
indexStatus 139 m x u * 1-
indexWait 140 m x uw * 1-
info 79 b a gu * 1
innerJoin 48 m c v * 3
insert 56 m w uvw o1 2 conflict,upsert,${INSERT}
insertAt 82 m d - * 3
intersects 163 b g a * 2
isEmpty 86 m s - * 1
ISO8601 99 r i - o1 1 default_timezone
js 11 r j u o1 1 timeout
json 98 r t - * 1
keys 94 m d - * 1
le 20 b - - * 2-
limit 71 m s - * 2
line 160 r g a * 2-
literal 137 r - g * 0-1
lt 19 b - - * 2-
map 38 b s sv = 2-
match 97 m t - * 2
max 148 b c sv =:f 1-2 index
maxval 181 c - - * 0
merge 35 m d s *:f 1-
min 147 b c sv =:f 1-2 index
minutes 134 m i - * 1
minval 180 c - - * 0
mod 28 b - - * 2
month 129 m i - * 1
mul 26 b - - * 1-
ne 18 b - - * 2-
not 23 b - - * 1
now 103 r - - * 0
nth 45 m - s * 2
object 143 r d - * 0-
offsetsOf 87 m s v *:f 2
or 66 b - g * 0-
orderBy 41 m c v t:f 1- index
outerJoin 49 m c v * 3
pluck 33 m d s * 1-
point 159 r g - * 2
polygon 161 r g a * 3-
polygonSub 171 m g a * 2
prepend 80 m d - * 2
random 151 r t u t 0-2 float
range 173 r s - * 0-2
rebalance 179 m a uw * 0-1
reconfigure 176 m a uw = 0-1 ${SHARDS},dry_run,emergency_repair
reduce 37 b c sv *:f 2
replace 55 m w uvw o1:f0 2 ${WRITE}
round 185 b t - * 1
sample 81 m s u * 2
seconds 135 m i - * 1
setDifference 91 m d - * 2
setInsert 88 m d - * 2
setIntersection 89 m d - * 2
setUnion 90 m d - * 2
setWriteHook 189 m x uw * 2
skip 70 m s - * 2
slice 30 m s - = 2-3 ${BOUNDS}
spliceAt 85 m d - * 3
split 149 m t - *:f 1-3
status 175 m a u * 1
sub 25 b - - * 1-
sum 145 b c sv *:f 1-2 index
sync 138 m w uw * 1
table 15 b - u o1 1-2 read_mode,use_outdated,identifier_format
tableCreate 60 b a uw o1 1-2 primary_key,durability,${SHARDS}
tableDrop 61 b a uw * 1-2
tableList 62 b a u * 0-1
time 136 r i - * 4-7
timeOfDay 126 m i - * 1
timezone 127 m i - * 1
toEpochTime 102 m i - * 1
toGeojson 158 m g - * 1
toISO8601 100 m i - * 1
toJsonString 172 m t - * 1
typeOf 52 b - g * 1
ungroup 150 m c g * 1
union 44 b c - = 0- interleave
upcase 141 m t - * 1
update 53 m w uvw o1:f0 2 ${WRITE}
uuid 169 b t - * 0-1
values 186 m d - * 1
var 10 - - - * 1
wait 177 m a uw o0 0-1 wait_for,timeout
withFields 96 m d s * 1-
without 34 m d s * 1-
year 128 m i - * 1
zip 72 m c s * 1
${[
  'monday tuesday wednesday thursday friday saturday sunday',
  'january february march april may june july august september october november december',
]
  .join(' ')
  .split(' ')
  .map((name, index) => `${name} ${107 + index} c i - * 0`)
  .join('\n')}`

export interface TermKind {
  readonly name: string
  /** The name as the server spells it. */
  readonly wireName: string
  readonly type: number
  readonly where: string
  readonly part: string
  readonly traits: string
  readonly build: string
  /** Index of the argument that is wrapped into a function if it contains r.row; undefined for none, -1 for all. */
  readonly wrap: number | undefined
  readonly min: number
  readonly max: number
  readonly options: readonly string[]
}

/** The server's names of terms where they are not the JavaScript names in snake case. */
const WIRE_NAMES: Readonly<Record<string, string>> = {
  ISO8601: 'iso8601',
  toISO8601: 'to_iso8601',
  concatMap: 'concatmap',
  orderBy: 'orderby',
  forEach: 'foreach',
  typeOf: 'typeof',
  array: 'make_array',
  do: 'funcall',
}

/** Terms by JavaScript name. */
export const TERMS: Readonly<Record<string, TermKind>> = {}
/** Terms by number. */
export const KINDS: readonly TermKind[] = []

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function camelCase(name: string): string {
  return name.replace(/_[a-z]/g, (pair) => pair[1].toUpperCase())
}

for (const line of TABLE.trim().split('\n')) {
  const [name, type, where, part, traits, check, arity, options] = line.split(' ')
  const [build, wrap] = check.split(':')
  const [min, max] = arity.split('-')
  const kind: TermKind = {
    name,
    wireName: WIRE_NAMES[name] ?? snakeCase(name),
    type: Number(type),
    where,
    part,
    traits,
    build,
    wrap: wrap === undefined ? undefined : wrap === 'f' ? -1 : Number(wrap.slice(1)),
    min: Number(min),
    max: max === undefined ? Number(min) : max === '' ? Infinity : Number(max),
    options: options?.split(',') ?? [],
  }
  ;(TERMS as Record<string, TermKind>)[name] = kind
  ;(KINDS as TermKind[])[kind.type] = kind
}

/** Numbers of the terms that code refers to by name. */
export const T = {
  DATUM: 1,
  MAKE_ARRAY: 2,
  MAKE_OBJ: 3,
  VAR: 10,
  JAVASCRIPT: 11,
  RANDOM: 151,
  SAMPLE: 81,
  IMPLICIT_VAR: 13,
  TABLE: 15,
  DB: 14,
  BRACKET: 170,
  FUNC: 69,
  FUNCALL: 64,
  ARGS: 154,
  ASC: 73,
  DESC: 74,
  ISO8601: 99,
  NOW: 103,
  UUID: 169,
  INSERT: 56,
  ORDER_BY: 41,
  GET: 16,
} as const
