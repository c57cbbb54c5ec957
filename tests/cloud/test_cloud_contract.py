"""The adapter contract on a platform that speaks by webhooks."""

from tests.cloud.driver import CloudDriver

from ccroute.testing import AdapterContract


class TestCloud(AdapterContract):
    module = None  # part of the kit, which is no plug-in

    def make_platform(self, time):
        self.driver = CloudDriver(time)
        return self.driver

    def make_adapter(self, config):
        return self.driver.adapter(config)
