"""What a user does with the exported model, in a process where nothing of the project can be imported.

    python -I as_a_user.py CARD FOLDER URL

CARD is the model card whose snippets are run, FOLDER the exported folder and URL the address of a picture of it. It is
offline, and the model named in the card is in the cache of the Hub. The working folder has `my-formulas` and takes what
is written, report.json at the end.
"""

import contextlib
import importlib.util
import io
import json
import re
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, pipeline

torch.set_num_threads(1)
card, folder, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
report: dict = {'version': transformers.__version__}
report['importable'] = [name for name in ('modeling', 'data', 'hub_card', 'runtime') if importlib.util.find_spec(name)]

report['snippets'] = []
for snippet in re.findall(r'^```python\n(.*?)^```', card.read_text(), flags=re.M | re.S):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(snippet, 'snippet', 'exec'), {'__name__': 'snippet'})
    report['snippets'].append(printed.getvalue())

picture = f'{folder}/examples/euler.png'
read = pipeline('image-to-text', model=folder, trust_remote_code=True)
report['dtype'] = str(read.model.dtype)
report['one'] = [read(picture), read(url), read(Image.open(picture)), read(Path(picture))]
many = [picture, f'{folder}/examples/gauss.png', Image.open(picture)]
report['many'] = [
    read(many),
    read(many, batch_size=2),
    read(many, batch_size=3, generate_kwargs={'num_beams': 2}),
    read(many, max_new_tokens=2),
]
report['without_task'] = pipeline(model=folder, trust_remote_code=True)(picture)

# Saved again by each of the ways there are, and loaded from there.
read.save_pretrained('by-pipeline')
model = AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True)
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
model.save_pretrained('by-parts')
processor.save_pretrained('by-parts')
report['again'] = [
    pipeline('image-to-text', model=again, trust_remote_code=True)(picture) for again in ('by-pipeline', 'by-parts')
]
report['fine_tuned'] = pipeline('image-to-text', model='my-model', trust_remote_code=True)(picture)
report['steps'] = json.loads(next(Path('my-model').glob('checkpoint-*/trainer_state.json')).read_text())['global_step']

report['forgotten'] = []
for load in (
    lambda: pipeline('image-to-text', model=folder),
    lambda: AutoModelForImageTextToText.from_pretrained(folder),
    lambda: AutoProcessor.from_pretrained(folder),
):
    try:
        load()
    except Exception as error:
        report['forgotten'].append(str(error))
Path('report.json').write_text(json.dumps(report))
