"""Event files as TensorBoard's writers make them."""

from __future__ import annotations

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.util.tensor_util import make_tensor_proto

from gymdash_tensorboard.records import frame


class Events:
    """What the tests of this folder write."""

    name = "events.out.tfevents.1700000000.host"

    def write(self, folder, *events, name=name):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("ab") as file:
            for event in events:
                file.write(frame(event.SerializeToString()))

    def simple(self, tag, value, step, when=None):
        return self.holding(Summary(value=[Summary.Value(tag=tag, simple_value=value)]), step, when)

    def tensor(self, tag, plugin, array):
        """A summary as TensorFlow 2 and TensorBoard's plugins write it."""
        metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
        return Summary(value=[Summary.Value(tag=tag, tensor=make_tensor_proto(array), metadata=metadata)])

    def holding(self, summary, step, when=None):
        return Event(wall_time=1.7e9 + step if when is None else when, step=step, summary=summary)


@pytest.fixture(scope="session")
def events():
    return Events()
