# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Makes a session for the ``convection`` command from its options."""

import argparse
import os
from typing import Any

from keystoneauth1 import exceptions as ks_exceptions
from keystoneauth1 import session as ks_session

from convectionclient import exceptions
from convectionclient import noauth
from convectionclient.v1 import client

#: Names of ``--os-auth-type`` that need no Keystone.
NOAUTH_TYPES = ('none', 'noauth', 'convection-noauth')


def make_client(options: argparse.Namespace) -> client.Client:
    """Make the client that the options and the environment ask for.

    :raises convectionclient.exceptions.ConvectionClientError: they do not
        suffice, or contradict each other.
    """
    if _without_keystone(options):
        return _noauth_client(options)
    return _keystone_client(options)


def _without_keystone(options: argparse.Namespace) -> bool:
    kind = options.os_auth_type or os.environ.get('OS_AUTH_TYPE')
    if kind:
        return kind in NOAUTH_TYPES
    asked = options.os_cloud or options.os_auth_url or any(
        os.environ.get(name) for name in ('OS_CLOUD', 'OS_AUTH_URL'))
    return bool(options.endpoint) and not asked


def _noauth_client(options: argparse.Namespace) -> client.Client:
    if not (options.endpoint or 'http://').lower().startswith(
            ('http://', 'https://')):
        raise exceptions.ConvectionClientError(
            f'The endpoint "{options.endpoint}" is no http or https URL.')
    auth = noauth.NoAuth(
        options.endpoint,
        project_id=options.os_project_id or os.environ.get('OS_PROJECT_ID'),
        user_id=options.os_user_id or os.environ.get('OS_USER_ID'),
        roles=options.os_roles)
    verify: Any = options.os_cacert or os.environ.get('OS_CACERT') or True
    session = ks_session.Session(
        auth=auth, verify=False if options.insecure else verify)
    return client.Client(session, **_version(options))


def _keystone_client(options: argparse.Namespace) -> client.Client:
    # It is slow to import, and not needed without Keystone.
    from openstack import config
    from openstack import exceptions as sdk_exceptions
    given = argparse.Namespace(**{
        name: value for name, value in vars(options).items()
        if value is not None and name.startswith('os_')})
    given.insecure = options.insecure
    try:
        cloud = config.OpenStackConfig().get_one(
            cloud=options.os_cloud, argparse=given)
        session = cloud.get_session()
    except (sdk_exceptions.SDKException, ks_exceptions.ClientException,
            TypeError, ValueError) as error:
        raise exceptions.ConvectionClientError(
            f'Cannot authenticate: {str(error).rstrip(".")}. For a service '
            'without Keystone give its URL: --endpoint URL, or the '
            'environment variable CONVECTION_URL.') from error
    return client.Client(
        session, endpoint_override=options.endpoint,
        interface=cloud.get_interface(client.SERVICE_TYPE) or 'public',
        region_name=cloud.get_region_name(client.SERVICE_TYPE),
        **_version(options))


def _version(options: argparse.Namespace) -> dict[str, str]:
    if options.os_convection_api_version:
        return {'api_version': options.os_convection_api_version}
    return {}
