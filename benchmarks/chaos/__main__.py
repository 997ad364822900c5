"""`make chaos`."""
from benchmarks.chaos.child import with_shim
with_shim()
import sys, time, tempfile, shutil, json
from pathlib import Path
import torch
torch.set_num_threads(1)
from benchmarks.chaos import world, kills, writers
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.child import run_in_child, Fault
root = Path(tempfile.mkdtemp(prefix="chaos-"))
template = root / "template"
template.mkdir()
t=time.time()
e = run_in_child(world.build, template)
print(e, time.time()-t)
tally=Tally()
names = sys.argv[2:] or list(writers.WRITERS)
for n in names:
    t=time.time()
    try:
        kills.kill_everywhere(template, tally, [n], int(sys.argv[1]))
    except RuntimeError as error:
        print("BROKEN", n, error)
    print(n, round(time.time()-t,1), flush=True)
print(json.dumps(tally.document(), indent=1))
shutil.rmtree(root)
