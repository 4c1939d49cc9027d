#!/usr/bin/env bash
# Trains checkpoints/base on: makes formulas from two corpora, typesets them, trains, and means old and new weights.
#
#   configs/next_run.sh arxiv.jsonl.xz textbook.jsonl.xz im2latex-100k-validation.parquet runs/s 4
#
# The arguments are the corpora, validation pictures, a folder for the run, and a seed: other formulas in another order.
# Those are runs R and T of docs/experiments.md, which has what each kind of formula is for. R was 7,600 steps in 80
# minutes on two cores; STEPS sets how many, by what there is time for. Stopped, it goes on when the same command is
# given again. PART=2 takes half of the formulas (231,000), enough for T; PART=200 is to try it. Needs TeX Live with the
# fonts of texlive-fonts-extra.
set -euo pipefail
[ $# = 5 ] || { sed -n '2,10s/^# \?//p' "$0" >&2; exit 2; }
arxiv=$(realpath -- "$1") textbook=$(realpath -- "$2") validation=$(realpath -- "$3") run=$(realpath -m -- "$4") seed=$5
cd "$(dirname "$0")/.."
python=${PYTHON:-$PWD/.venv/bin/python}
formulas=$run/formulas pages=$run/pages steps=${STEPS:-7600} part=${PART:-1}
fonts='lm times palatino pazo fourier newcentury charter libertine kp cochineal euler iwona bright'
mkdir -p "$formulas" "$pages"
export OMP_NUM_THREADS=1

# Functions write to standard output; NAME is that of a file in $formulas, which is there whole or not at all.
share() { echo $(($1 / part + 1)); }
lines() { case $1 in *.xz) xzcat -- "$1" ;; *) cat -- "$1" ;; esac; }
some() { shuf --random-source=<(yes "$seed $2") -n "$(share "$1")"; }  # NUMBER NAME: lines of the standard input
displays() { lines "$arxiv" | grep -v '"kind": "inline"' | some "$@"; }
inline() { lines "$arxiv" | grep '"kind": "inline"' | some "$@"; }
textbook() { lines "$textbook" | some "$@"; }
tables() { { lines "$arxiv"; lines "$textbook"; } | grep 'begin{'; }
of() { some "$2" "$1" <"$formulas/$1.jsonl"; }
made() {  # NAME FUNCTION ...
  [ -e "$formulas/$1.jsonl" ] || { "${@:2}" >"$formulas/$1.part" && mv "$formulas/$1.part" "$formulas/$1.jsonl"; }
}
module() {  # NAME MODULE ...
  [ -e "$formulas/$1.jsonl" ] || {
    "$python" -m "data.$2" "${@:3}" --out "$formulas/$1.part" && mv "$formulas/$1.part" "$formulas/$1.jsonl"
  }
}

made displays displays 132000 displays
made inline inline 50000 inline
made textbook textbook 6000 textbook
made tables tables
module all_symbols substitute "$arxiv"
module all_operators italic_operators "$arxiv" "$textbook"
module composed compose "$arxiv" "$textbook" --every $((8 * part)) --seed $((seed + 100))
module contrast contrast "$arxiv" "$textbook" --every $((5 * part)) --seed $((seed + 200))
module contrast_tables contrast "$formulas/tables.jsonl" --every "$part" --seed $((seed + 300))
made symbols of all_symbols 38000
made operators of all_operators 30000
for font in $fonts; do made "font_$font" displays 2600 "$font"; done

data=()
for name in displays inline textbook symbols operators composed contrast contrast_tables; do
  "$python" -m data.pages "$formulas/$name.jsonl" --out "$pages/$name" >/dev/null
  data+=("$pages/$name")
done
data+=("$pages/contrast_tables")  # twice
for font in $fonts; do
  "$python" -m data.pages "$formulas/font_$font.jsonl" --out "$pages/font_$font" --font "$font" >/dev/null
  data+=("$pages/font_$font")
done

unset OMP_NUM_THREADS
# Kernels for every shape of a batch stay prepared.
ONEDNN_PRIMITIVE_CACHE_CAPACITY=20000 "$python" train.py --config configs/base.yaml --init-from checkpoints/base \
  --run-dir "$run" --seed "$seed" --data "${data[@]}" --validation "$validation" --validation-limit 256 \
  --validation-tokens 180 --eval-every $((steps / 2)) --max-steps "$steps" --dropout 0 --augment 0.5 --compile \
  --max-train-tokens 260 --max-width 720 --max-height 176 --batch-pixels 500000 --workers 1 \
  --learning-rate 0.0004 --warmup-steps 200 --ema-decay 0.998

[ -d "$run/half" ] || "$python" -m training.average checkpoints/base "$run/final" --out "$run/half"
[ -d "$run/three-quarters" ] || "$python" -m training.average "$run/half" "$run/final" --out "$run/three-quarters"
"$python" -m benchmarks.teacher_forcing checkpoints/base "$run/final" "$run/half" "$run/three-quarters" \
  --data "$validation" --limit 2000 --dpi 50 --typeset 400
